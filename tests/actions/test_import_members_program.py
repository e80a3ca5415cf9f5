"""Members from a file: tiers, opening balances, consents and tags of members who are known already."""

from datetime import date
from pathlib import Path

import pytest

from rules.refusals import Refusal
from tables.scope import owner, scope
from tests.actions.member_files import A, B, C, chain, imported, outcome, path, rejects, told

__all__ = ["chain", "path"]  # fixtures

pytestmark = pytest.mark.usefixtures("chain")

TIER = "phone,name,home_store,tier"
CHANGES = (
    "SELECT phone, f.rank, t.rank, c.reason, business_date FROM tier_change c JOIN member m ON m.id = c.member"
    " JOIN tier f ON f.id = from_tier JOIN tier t ON t.id = to_tier ORDER BY phone, c.id"
)
GRANTS = (
    "SELECT phone, t.rank, valid_from, valid_until, reason FROM tier_grant g JOIN member m ON m.id = g.member"
    " JOIN tier t ON t.id = g.tier ORDER BY phone, g.id"
)
TIERS = "SELECT phone, rank, tier_valid_until FROM member m JOIN tier t ON t.id = m.tier ORDER BY phone"
END, NEXT_END = date(2027, 3, 31), date(2027, 6, 30)


async def test_a_tier_is_granted_to_the_end_of_the_next_quarter_and_counts_from_today(path: Path) -> None:
    await imported(path, TIER, f"{A},甲,S1,", f"{C},丙,S1,")
    report = await imported(path, TIER, f"{A},甲,S1,银卡", f"{B},乙,S1,金卡", f"{C},丙,S1,铜卡")
    assert outcome(report) == (1, 1, 1, 0)
    assert await told(TIERS) == [(A, 2, END), (B, 3, END), (C, 1, None)]
    assert await told(GRANTS) == [
        (A, 2, date(2026, 11, 21), END, "import"),
        (B, 3, date(2026, 11, 21), END, "import"),
    ]
    yesterday = date(2026, 11, 20)
    assert await told(CHANGES) == [(A, 1, 2, "import", yesterday), (B, 1, 3, "import", yesterday)]
    assert await told("SELECT count(*) FROM notice") == [(0,)]


async def test_a_lower_tier_is_kept_for_later_and_an_equal_one_lasts_longer(path: Path) -> None:
    await imported(path, TIER, f"{A},甲,S1,金卡", f"{B},乙,S1,银卡")
    report = await imported(path, TIER, f"{A},甲,S1,银卡", f"{B},乙,S1,银卡", today=date(2027, 1, 5))
    assert outcome(report) == (0, 2, 0, 0)
    assert await told(TIERS) == [(A, 3, END), (B, 2, NEXT_END)]
    assert [row[:2] for row in await told(GRANTS)] == [(A, 3), (A, 2), (B, 2), (B, 2)]
    assert len(await told(CHANGES)) == 2


async def test_another_opening_is_a_conflict_and_costs_the_whole_row(path: Path) -> None:
    head = "phone,name,home_store,points"
    await imported(path, head, f"{A},甲,S1,100", f"{B},乙,S1,")
    report = await imported(path, head, f"{A},新名,S1,101", f"{B},乙,S1,7")
    assert (outcome(report), rejects(report)) == ((0, 1, 0, 1), [(2, "points", "101")])
    assert await told("SELECT name, balance FROM member JOIN points_account ON member = id ORDER BY phone") == [
        ("甲", 100),
        ("乙", 7),
    ]
    assert outcome(await imported(path, head, f"{A},甲,S1,0")) == (0, 0, 0, 1)
    assert outcome(await imported(path, head, f"{A},甲,S2,100")) == (0, 1, 0, 0)


CONSENT = "phone,name,home_store,marketing_consent"
DECISIONS = "SELECT phone, granted, source FROM consent c JOIN member m ON m.id = c.member ORDER BY phone, c.id"


async def test_a_yes_without_a_source_refuses_the_whole_file(path: Path) -> None:
    for dry_run in (True, False):
        with pytest.raises(Refusal) as refusal:
            await imported(path, CONSENT, f"{A},甲,S1,", f"{B},乙,S1,是", dry_run=dry_run)
        assert refusal.value.code == "consent_source_needed"
    assert await told("SELECT count(*) FROM member") == [(0,)]


async def test_a_no_without_a_source_is_left_out(path: Path) -> None:
    assert outcome(await imported(path, CONSENT, f"{A},甲,S1,no")) == (1, 0, 0, 0)
    assert await told(DECISIONS) == []


async def test_a_consent_is_kept_only_where_nothing_was_decided(path: Path) -> None:
    await imported(path, CONSENT, f"{A},甲,S1,", f"{B},乙,S1,", f"{C},丙,S1,")
    async with owner() as connection:
        await connection.execute("""
            INSERT INTO consent (member, purpose, granted, source, text_version)
            SELECT id, 'marketing_sms', false, 'sms', 'TD' FROM member WHERE name = '甲'
            UNION ALL SELECT id, 'partner', true, 'web', 'v1' FROM member WHERE name = '乙'""")
    lines = (CONSENT, f"{A},甲,S1,yes", f"{B},乙,S1,yes", f"{C},丙,S1,否")
    assert outcome(await imported(path, *lines, consent_source="表")) == (0, 2, 1, 0)
    assert await told(DECISIONS) == [(A, False, "sms"), (B, True, "web"), (B, True, "表"), (C, False, "表")]
    assert outcome(await imported(path, CONSENT, f"{C},丙,S1,yes", consent_source="表")) == (0, 0, 1, 0)


async def test_tags_add_to_those_of_hand_and_rule(path: Path) -> None:
    head = "phone,name,home_store,tags"
    await imported(path, head, f"{A},甲,S1,老客")
    async with owner() as connection:
        await connection.execute("""
            WITH t AS (INSERT INTO tag (name, rule) VALUES ('大客', 'total_spend > 1000') RETURNING id)
            INSERT INTO member_tag (member, tag, source) SELECT m.id, t.id, 'rule' FROM member m, t""")
    report = await imported(path, head, f'{A},甲,S1,"大客, 新品、水果|水果；"')
    assert outcome(report) == (0, 1, 0, 0)
    assert await told('SELECT t.name, source FROM member_tag JOIN tag t ON t.id = tag ORDER BY t.name COLLATE "C"') == [
        ("大客", "rule"),
        ("新品", "manual"),
        ("水果", "manual"),
        ("老客", "manual"),
    ]


async def test_an_erased_member_is_not_known_by_phone(path: Path) -> None:
    await imported(path, TIER, f"{A},甲,S1,")
    async with scope(role="job") as connection:
        await connection.execute("UPDATE member SET phone = NULL, name = '', erased_at = now()")
    assert outcome(await imported(path, TIER, f"{A},甲,S1,")) == (1, 0, 0, 0)
    assert await told("SELECT name FROM member ORDER BY id") == [("",), ("甲",)]
