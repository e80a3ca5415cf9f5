"""Lays the oracle's members beside the product's rows and says for each whether they are the same."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from bench.journey_facts import Facts
from bench.journey_figures import FATE, figures
from bench.journey_product import query

SHOWN = 5
ASPECTS: dict[str, Callable[[Facts], object]] = {
    "receipts": lambda facts: {(facts.receipts, facts.amount)},
    "earned": lambda facts: facts.earned,
    "expired": lambda facts: facts.expired,
    "moves": lambda facts: facts.moves,
    "tier": lambda facts: {(facts.rank, facts.valid_until)},
    "notices": lambda facts: facts.notices,
    "messages": lambda facts: facts.messages,
    "balance": lambda facts: {facts.balance},
}


def _brief(facts: Facts) -> str:
    moves = "".join(f", {day:%m-%d} {before}→{after}" for day, before, after in sorted(facts.moves))
    earned = sum(points for _, _, points in facts.earned)
    expired = sum(points for _, points in facts.expired)
    tier = f"tier {facts.rank}" + (f" until {facts.valid_until}" if facts.valid_until else "")
    told = f"{len(facts.notices)} notices, {len(facts.messages)} messages"
    return (
        f"{facts.receipts} receipts, ¥{facts.amount:.2f}, +{earned} −{expired} = {facts.balance}, {tier}{moves}, {told}"
    )


def chosen(*, members: dict[str, Facts]) -> dict[str, str]:
    """A dozen phones and why: the ends and the middle, the same ones on every run."""
    bought = [facts for facts in members.values() if facts.receipts]
    median = sorted(facts.amount for facts in bought)[len(bought) // 2]
    wishes: list[tuple[str, Callable[[Facts], Decimal | int]]] = [
        ("biggest spender", lambda f: f.amount),
        ("smallest spender", lambda f: -f.amount),
        ("middle spender", lambda f: -abs(f.amount - median)),
        ("most receipts", lambda f: f.receipts),
        ("most tier moves", lambda f: len(f.moves)),
        ("highest tier and down again", _fall),
        ("most messages", lambda f: len(f.messages)),
        ("most small reminders", lambda f: _fates(f, "small")),
        ("most reminders too soon", lambda f: _fates(f, "recent_reminder")),
        ("latest to come", lambda f: min(day for _, day, _ in f.earned).toordinal() if f.earned else 0),
        ("first to stay away", lambda f: -max(day for _, day, _ in f.earned).toordinal() if f.earned else -(10**9)),
        ("most receipts without a point", lambda f: f.receipts - len(f.earned)),
    ]
    found: dict[str, str] = {}
    for why, weight in wishes:
        best = max((f for f in bought if f.phone not in found), key=lambda f: (weight(f), f.phone))
        found[best.phone] = why
    return found


def _fall(facts: Facts) -> int:
    return sum(before - after for _, before, after in facts.moves if after < before)


def _fates(facts: Facts, fate: str) -> int:
    return sum(1 for notice in facts.notices if notice[3] == fate)


def compare(*, members: dict[str, Facts], data: Path, everyone: bool) -> int:
    """Print the table; 1 when anything differs."""
    product = product_facts(data=data)
    few = chosen(members=members)
    wrong: dict[str, list[str]] = {}
    print("\n| member | chosen as | product | oracle | equal |\n|---|---|---|---|---|")
    for phone in sorted(set(members) | set(product)) if everyone else few:
        ours, theirs = members.get(phone, Facts(phone=phone)), product.get(phone, Facts(phone=phone))
        differing = [name for name, aspect in ASPECTS.items() if aspect(ours) != aspect(theirs)]
        if differing:
            wrong[phone] = differing
        if phone in few:
            _print_member(phone, few[phone], ours, theirs)
    for phone, differing in list(wrong.items())[:SHOWN]:
        _print_difference(phone, differing, members.get(phone), product.get(phone))
    compared = len(set(members) | set(product)) if everyone else len(few)
    print(f"\ncompared {compared} members, {len(wrong)} differ")
    return 1 if wrong else 0


def compare_totals(*, ours: dict[str, str], data: Path) -> int:
    """Every figure that the oracle has too; one that is 0 may be missing on either side."""
    theirs = figures(data=data)
    differing = {name: theirs.get(name, "0") for name in ours if theirs.get(name, "0") != ours[name]}
    for name, value in differing.items():
        print(f"DIFFERS {name}: product {value}, oracle {ours[name]}")
    print(f"compared {len(ours)} totals, {len(differing)} differ")
    return 1 if differing else 0


def _print_member(phone: str, why: str, ours: Facts, theirs: Facts) -> None:
    equal = "yes" if ours == theirs else "**NO**"
    print(f"| {phone} | {why} | {_brief(theirs)} | {_brief(ours)} | {equal} |")


def _print_difference(phone: str, differing: list[str], ours: Facts | None, theirs: Facts | None) -> None:
    for name in differing:
        oracle = ASPECTS[name](ours) if ours else set()
        product = ASPECTS[name](theirs) if theirs else set()
        if isinstance(oracle, set) and isinstance(product, set):
            print(f"DIFFERS {phone} {name}: only oracle {sorted(oracle - product, key=str)[:SHOWN]}, ", end="")
            print(f"only product {sorted(product - oracle, key=str)[:SHOWN]}")


ROWS = f"""
SELECT 'receipt', m.phone, p.receipt_no, p.business_date::text, p.amount::text, '' FROM purchase p
  JOIN member m ON m.id = p.member WHERE p.kind = 'sale'
UNION ALL SELECT e.kind, m.phone, e.reference, e.business_date::text, e.points::text, '' FROM points_entry e
  JOIN member m ON m.id = e.member
UNION ALL SELECT 'move', m.phone, '', c.business_date::text, before.rank::text, after.rank::text FROM tier_change c
  JOIN member m ON m.id = c.member JOIN tier before ON before.id = c.from_tier JOIN tier after ON after.id = c.to_tier
UNION ALL SELECT 'notice', m.phone, n.kind || '/' || n.reference, n.business_date::text, {FATE},
  CASE WHEN n.kind = 'points_expiring' THEN coalesce(n.payload ->> 'points', '-1') ELSE '0' END FROM notice n
  JOIN member m ON m.id = n.member
UNION ALL SELECT 'message', m.phone, '', split_part(s.dedupe_key, ':', 3), '', '' FROM send_log s
  JOIN member m ON m.id = s.member WHERE s.reason = 'replay'
UNION ALL SELECT 'member', m.phone, '', coalesce(m.tier_valid_until::text, ''), t.rank::text, a.balance::text
  FROM member m JOIN tier t ON t.id = m.tier JOIN points_account a ON a.member = m.id
"""


def product_facts(*, data: Path) -> dict[str, Facts]:
    """The product's rows by the phone as the file writes it (without +86)."""
    members: dict[str, Facts] = {}
    for kind, phone, *row in query(data=data, sql=ROWS):
        local = phone.removeprefix("+86")
        _put(members.setdefault(local, Facts(phone=local)), kind, row)
    return members


def _put(facts: Facts, kind: str, row: list[str]) -> None:
    reference, day, first, second = row
    match kind:
        case "receipt":
            facts.receipts += 1
            facts.amount += Decimal(first)
        case "earn":
            facts.earned.add((reference.partition(":")[2], date.fromisoformat(day), int(first)))
        case "expire":
            facts.expired.add((date.fromisoformat(day), -int(first)))
        case "move":
            facts.moves.add((date.fromisoformat(day), int(first), int(second)))
        case "notice":
            about, _, key = reference.partition("/")
            facts.notices.add((about, key, date.fromisoformat(day), first, int(second)))
        case "message":
            facts.messages.add(date.fromisoformat(day))
        case "member":
            facts.rank, facts.balance = int(first), int(second)
            facts.valid_until = date.fromisoformat(day) if day else None
        case other:
            raise ValueError(f"the oracle expects no {other} entry in this year: {facts.phone} {reference}")
