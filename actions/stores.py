"""Stores: taken from a file."""

from pathlib import Path

from actions.imports import ImportReport, Progress, silent
from actions.imports_columns import Column, place, words
from actions.imports_plan import Plan, Reason, plain_births, plain_judge, plain_updates
from actions.imports_settle import import_file
from rules.refusals import Refusal

_KINDS = {
    "社区": "community",
    "学校": "school",
    "写字楼": "office",
    "医院": "hospital",
    "商场": "mall",
    "其他": "other",
}
_KINDS |= {kind: kind for kind in _KINDS.values()}


def _kind(text: str) -> str:
    found = _KINDS.get(text.casefold())
    if found is None:
        raise Refusal(
            code="bad_kind",
            en=f"There is no such kind of store: write one of {', '.join(dict.fromkeys(_KINDS.values()))}.",
            zh="没有这种门店类型：请填写社区、学校、写字楼、医院、商场、其他之一。",
        )
    return found


_COLUMNS = (
    Column(
        name="code", titles=("门店编码", "门店代码", "门店编号"), kept_as="text", read=words(longest=40), required=True
    ),
    Column(name="name", titles=("门店名称", "名称", "店名"), kept_as="text", read=words(longest=100), required=True),
    Column(name="region", titles=("区域", "地区"), kept_as="text", read=words(longest=60)),
    Column(name="address", titles=("地址", "门店地址"), kept_as="text", read=words(longest=500)),
    *place(),
    Column(name="phone", titles=("电话", "门店电话", "联系电话"), kept_as="text", read=words(longest=40)),
    Column(name="opening_hours", titles=("营业时间",), kept_as="text", read=words(longest=100)),
    Column(name="kind", titles=("类型", "门店类型"), kept_as="text", read=_kind),
)
_FIELDS = {column.name: f"r.{column.name}" for column in _COLUMNS[1:]}

_PLAN = Plan(
    kind="stores",
    table="store",
    columns=_COLUMNS,
    together=("latitude", "longitude"),
    judge=plain_judge(table="store", key="code", fields=_FIELDS),
    births=plain_births(
        table="store",
        key="code",
        fields=_FIELDS | {"kind": "coalesce(r.kind, 'other')"},
        empty=("region", "address", "phone", "opening_hours"),
    ),
    updates=plain_updates(table="store", fields=_FIELDS),
    reasons={
        "nameless": Reason(column="name", en="A new store needs a name: fill it in.", zh="新门店需要名称：请填写。")
    },
)


async def import_stores(*, path: Path, dry_run: bool, progress: Progress = silent) -> ImportReport:
    """Creates the stores of a file and overwrites known ones (by code) with what it says."""
    return await import_file(plan=_PLAN, path=path, dry_run=dry_run, progress=progress)
