"""The people of tests/queries/segments_people.py, written into a database."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg

from config.settings import OWNER, settings
from tests.queries.segments_people import (
    CAMPAIGNS,
    CATEGORIES,
    PRODUCTS,
    SEGMENTS,
    STORES,
    TAGS,
    TIERS,
    TODAY,
    Person,
    at,
)


async def settle(*, people: Sequence[Person]) -> None:
    """Writes the town as it is, past triggers and foreign keys: what hangs on what is not asked here."""
    connection = await asyncpg.connect(settings().owner_dsn.replace(OWNER, "postgres", 1))
    try:
        await connection.execute("SET session_replication_role = replica")
        for table, columns, rows in (*_town_rows(), *_people_rows(people), *_message_rows(people)):
            await connection.copy_records_to_table(table, records=rows, columns=columns.split())
        await connection.execute(_TOTALS)
    finally:
        await connection.close()


# Whose last purchase is long ago has totals that speak of that quarter.
_TOTALS = """
UPDATE member_stats s SET quarter = date_trunc('quarter', p.newest) FROM (SELECT member, max(business_date) AS newest FROM purchase GROUP BY 1) p
WHERE p.member = s.member;
UPDATE member_stats s SET first_purchase_on = p.first_purchase_on, last_purchase_on = p.last_purchase_on, purchase_count = p.purchase_count,
    total_spend = p.total_spend, average_interval_days = p.average_interval_days, quarter_spend = p.quarter_spend,
    last_quarter_spend = p.last_quarter_spend FROM deed.stats_by_purchase(NULL) p WHERE p.member = s.member;
"""


_PURCHASE = (
    "member id store receipt_no kind purchased_at business_date sold_on amount tier_amount refund_of per_yuan tier_multiplier"
    " points source content created_at"
)
_SENT = (
    "id member message_class dedupe_key campaign step state reason business_date handed_at is_plain expects_reply"
    " opt_out_length tried attempts created_at"
)


def _town_rows() -> list[tuple[str, str, list[Any]]]:
    empty = ("", "", "", True)
    then = at(TODAY, 0)
    return [
        ("store", "id code name region kind latitude longitude address phone opening_hours is_active", [
            (*row[:5], *(None if place is None else Decimal(str(place)) for place in row[5:]), *empty) for row in STORES]),
        ("tier", "rank id name quarterly_spend earn_multiplier benefits", [(*row, Decimal(row[0] - 1), Decimal(1), "") for row in TIERS]),
        ("category", "id name earns counts_for_tier promotable", [(*row, True, True, True) for row in CATEGORIES]),
        ("product", "id sku name category", list(PRODUCTS)), ("tag", "id name", list(TAGS)),
        ("segment", "name rule note", [(*row, "") for row in SEGMENTS]),
        ("campaign", "id name content_kind state rule created_at", [(*row, "finished", "", then) for row in CAMPAIGNS]),
        ("job_run", "job business_date state started_at finished_at counts", [
            ("check", TODAY - timedelta(days=back), state, then, then - timedelta(days=back), "{}")
            for back, state in ((2, "done"), (1, "done"), (0, "running"))]),
    ]  # fmt: skip


def _people_rows(people: Sequence[Person]) -> list[tuple[str, str, list[Any]]]:
    habits = [(one.id, *one.habit.values()) for one in people if one.habit]
    first = next(one.habit for one in people if one.habit)
    return [
        ("member", "id phone name title birthday home_store joined_on tier latitude longitude referred_by erased_at preferences phone_status", [(
            one.id, None if one.erased else f"+86139{one.id:08}", "" if one.erased else "张三", one.title, one.birthday, one.store,
            one.joined_on, one.tier, *([Decimal(str(round(side, 6))) for side in one.place] if one.place else (None, None)),
            one.id - 1 if one.referred else None,
            at(TODAY, 1) if one.erased else None, "{}", "invalid" if one.id % 9 == 0 else "unknown") for one in people]),
        ("member_stats", "member purchase_count total_spend quarter_spend last_quarter_spend", [
            (one.id, 0, *[Decimal(0)] * 3) for one in people]),
        ("points_account", "member balance pending debt earned_total lapses_on", [(
            one.id, sum(lot[0] for lot in one.lots if lot[3]), sum(lot[0] for lot in one.lots if not lot[3]), 0, 0,
            min((lot[2] for lot in one.lots if lot[2] and lot[0]), default=None)) for one in people]),
        ("points_lot", "entry member store points remaining available_on expires_on matured", [
            (1, one.id, 1, 100, *lot) for one in people for lot in one.lots if lot[2] is None or lot[2] >= lot[1]]),
        ("member_tag", "member tag source since", [(one.id, tag, "manual", at(TODAY, 1)) for one in people for tag in one.tags]),
        ("consent", "member purpose granted at source text_version", [(one.id, *said, "t", "1") for one in people for said in one.consents]),
        ("member_interest", "member kind product since source", [(one.id, *wish, "staff") for one in people for wish in one.wishes]),
        ("member_habit", "member " + " ".join(first or ()), habits),
        ("purchase", _PURCHASE, [(
                one.id, r.id, 1, str(r.id), "sale" if r.is_sale else "refund", r.at, r.day, r.day, r.amount, r.amount, None if r.is_sale else 1,
                Decimal(1), Decimal(1), 0, "till", "x", r.at) for one in people for r in one.receipts]),
        ("purchase_line", "purchase product category amount quantity multiplier counts", [
            (r.id, *line, Decimal(1), Decimal(1), True) for one in people for r in one.receipts for line in r.lines]),
    ]  # fmt: skip


def _message_rows(people: Sequence[Person]) -> list[tuple[str, str, list[Any]]]:
    sent = [(one.id, message) for one in people for message in one.messages]
    return [
        ("send_log", _SENT, [(
                m.id, member, "marketing" if m.campaign else "notice", f"k{m.id}", m.campaign, m.id if m.campaign else None, m.state,
                "holdout" if m.state == "skipped" else None, m.day, m.handed_at, False, True, 0, [], 1, m.handed_at) for member, m in sent]),
        ("short_link", "id code campaign step member created_at", [
            (m.id, f"c{m.id}", m.campaign, m.id, member, m.handed_at) for member, m in sent if m.campaign]),
        ("click", "link at is_preview seconds_after device", [(m.id, *click, "phone") for _, m in sent for click in m.clicks]),
        ("reply", "gateway gateway_reply_id phone member send_log said_at kind text state note at", [(
            "g", f"{m.id}-{n}", "+8613900000000", member, m.id, *said, "好", "open", "", datetime(2028, 1, 1, tzinfo=UTC))
            for member, m in sent for n, said in enumerate(m.replies)]),
    ]  # fmt: skip
