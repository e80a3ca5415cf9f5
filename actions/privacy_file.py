"""All that is held about a member as one file: data.json for machines, index.html for people, in Chinese."""

import json
from datetime import date, datetime
from html import escape
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from actions.rights import rights_refused
from queries.privacy import Held, all_held
from rules.privacy_words import COLUMNS, EMPTY, SECTIONS, TITLE, value_words
from rules.refusals import Refusal
from rules.suppression import phone_hmac
from tables.scope import current

_STYLE = (
    "body{font:14px/1.6 sans-serif;color:#1f2a25;max-width:1100px;margin:24px auto;padding:0 16px}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #d9dfdb;padding:4px 8px;text-align:left;vertical-align:top;"
    "overflow-wrap:break-word}th{background:#f2f5f3;white-space:nowrap}.down th{width:9em}.wide{overflow-x:auto}"
)


async def export_member(*, member: int, secret: str, zone: ZoneInfo, now: datetime) -> bytes:
    """A ZIP with everything about a member (id), in a scope of hq_admin; leaves a line in the audit. `secret` is the
    installation's. Instants in the page are of `zone`, in the data they name their own.

    Raises Refusal unknown_member, not_allowed.
    """
    with rights_refused():
        if member > _LARGEST_ID or not await current().fetchval("SELECT deed.member_exported($1)", member):
            raise _UNKNOWN
        phone = await current().fetchval("SELECT phone FROM member WHERE id = $1", member)
        held = await all_held(member=member, digest=phone_hmac(secret=secret, phone=phone) if phone else None)
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("data.json", _data(held))
        archive.writestr("index.html", _page(held, zone=zone, now=now))
    return file.getvalue()


def _data(held: list[Held]) -> str:
    return json.dumps({one.key: one.rows for one in held}, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> str:
    """Money as text, instants and days as ISO 8601."""
    return value.isoformat() if isinstance(value, date) else str(value)


def _page(held: list[Held], *, zone: ZoneInfo, now: datetime) -> str:
    sections = "".join(_section(one, zone) for one in held)
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{TITLE}</title><style>{_STYLE}</style></head>'
        f"<body><h1>{TITLE}</h1><p>导出时间：{now.astimezone(zone):%Y-%m-%d %H:%M}</p>{sections}</body></html>"
    )


def _section(one: Held, zone: ZoneInfo) -> str:
    title = f"<h2>{SECTIONS[one.key]}（{len(one.rows)}）</h2>"
    if not one.rows:
        return f"{title}<p>{EMPTY}</p>"
    if len(one.rows) == 1:
        # One row has more columns than a page is wide, such as the member's own.
        lines = (
            f"<tr><th>{COLUMNS[name]}</th><td>{escape(_said(name, value, zone))}</td></tr>"
            for name, value in one.rows[0].items()
        )
        return f'{title}<table class="down">{"".join(lines)}</table>'
    heads = "".join(f"<th>{COLUMNS[name]}</th>" for name in one.rows[0])
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(_said(name, value, zone))}</td>" for name, value in row.items()) + "</tr>"
        for row in one.rows
    )
    return f'{title}<div class="wide"><table><tr>{heads}</tr>{rows}</table></div>'


def _said(name: str, value: Any, zone: ZoneInfo) -> str:  # noqa: ANN401  whatever a column holds
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    if isinstance(value, list):
        return "；".join(_said(name, one, zone) for one in value)
    if isinstance(value, dict):
        told = ((COLUMNS.get(key, key), _said(key, one, zone)) for key, one in value.items() if one is not None)
        return "，".join(f"{key}：{one}" for key, one in told)
    return value_words(column=name, value=value)


_LARGEST_ID = 2**63 - 1
_UNKNOWN = Refusal("unknown_member", "There is no such member.", "没有该会员。")
