"""The access matrix as a page for people: `python -m tables.access_page` writes it into docs/security.md."""

from pathlib import Path

from tables.access import ALL, BY_HOME, BY_MEMBER, BY_STORE, DEEDS, MASKED_ROLES, MATRIX, ROLES, Access, Role

PAGE = Path(__file__).parent.parent / "docs" / "security.md"
BEGIN, END = "<!-- matrix: written by python -m tables.access_page -->", "<!-- end of matrix -->"
_VERBS = {"r": "读", "c": "增", "u": "改", "d": "删"}
_OWN = {
    ALL: "全部 all",
    "false": "–",
    BY_STORE: "`store` 是自己的门店 one of their stores",
    BY_HOME: "`home_store` 是自己的门店 one of their stores",
    BY_MEMBER: "会员归属自己的门店 of a member of their stores",
}


_LEGEND = (
    "读 = SELECT，增 = INSERT，改 = UPDATE，删 = DELETE；° = 只限「自己的行」；空格 = 什么都不能做。"
    " ° = own rows alone; empty = nothing at all."
)
_DEEDS = (
    "业务函数（`deed.*`，以 `regulars_deed` 的权限运行，先核对调用者的角色和门店；`job` 可调用全部）。"
    " Deeds run with rights of their own and check the caller first; the job may call all."
)


def matrix_page() -> str:
    """The tables and the deeds as two Markdown tables, with how to read them."""
    lines = [
        _LEGEND,
        "",
        f"| 表 table | {' | '.join(ROLES)} | 自己的行 own rows | 限制 limits |",
        f"|---{'|---' * len(ROLES)}|---|---|",
        *(_line(table, access) for table, access in MATRIX.items()),
        "",
        _DEEDS,
        "",
        "| 函数 function | 可调用的角色 who may call it |",
        "|---|---|",
        *(f"| `{deed}` | {', '.join(roles)} |" for deed, roles in sorted(DEEDS.items())),
    ]
    return "\n".join(lines)


def with_matrix(*, page: str) -> str:
    """The page with today's matrix between its two marks. Raises ValueError where a mark is missing."""
    head, rest = page.split(BEGIN, 1)
    _, tail = rest.split(END, 1)
    return f"{head}{BEGIN}\n\n{matrix_page()}\n\n{END}{tail}"


def _line(table: str, access: Access) -> str:
    cells = " | ".join(_cell(access, role) for role in ROLES)
    limits = []
    if access.hidden:
        limits.append(f"{', '.join(MASKED_ROLES)} 看不到 do not see: {', '.join(access.hidden)}")
    if access.changes:
        limits.append(f"{', '.join(access.narrow)} 只能改 change alone: {', '.join(access.changes)}")
    return f"| `{table}` | {cells} | {_OWN.get(access.own, f'`{access.own}`')} | {'；'.join(limits)} |"


def _cell(access: Access, role: Role) -> str:
    verbs = getattr(access, role)
    narrow = verbs and role in access.narrow and role != "door" and access.own != ALL
    return "".join(_VERBS[verb] for verb in verbs) + ("°" if narrow else "")


if __name__ == "__main__":
    PAGE.write_text(with_matrix(page=PAGE.read_text(encoding="utf-8")), encoding="utf-8")
