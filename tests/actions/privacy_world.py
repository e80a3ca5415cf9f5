"""People about whom every table says something, by the deeds of the house wherever there is one."""

import json
import random
from datetime import date, datetime, timedelta

from actions.complaints import record_complaint
from actions.erasures import ask_erasure
from actions.links import open_link, short_link
from actions.members_lookup import find
from actions.members_register import register
from actions.points import adjust
from actions.replies import take_replies
from actions.reveals import reveal
from config.settings import settings
from gateways.protocol import Inbound
from rules.links import Visitor
from rules.suppression import hmac_pads
from tables.scope import scope
from tests import make

DAY = date(2031, 3, 3)
NOW = make.noon(DAY)
SECRET = "sixteen characters"  # noqa: S105  nobody's
HOUR, MINUTE, DAYS = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
# What stays, whoever is forgotten.
BOOKS = {
    "points_account": "*", "points_lot": "*", "points_allocation": "*", "purchase": "*", "purchase_line": "*", "member_stats": "*",
    "tier_change": "*", "points_entry": "id, member, store, kind, points, balance_after, source, reference, purchase, reward, business_date",
}  # fmt: skip


async def open_chain() -> None:
    """Two stores, their staff, a sent campaign and a product."""
    await make.make_program()
    for code in ("S1", "S2"):
        await make.make_store(code)
    await make.execute(
        "INSERT INTO staff (username, password, role, active, admin) VALUES ('hq', 'x', 'hq_admin', true, true),"
        " ('anna', 'x', 'cashier', true, true);"
        "INSERT INTO category (name) VALUES ('水果'); INSERT INTO product (sku, name, category, price) VALUES ('p', '桃', 1, 9);"
        "INSERT INTO webhook (name, url, events, is_active) VALUES ('伙伴', 'https://partner.example', '{purchase}', true);"
        "INSERT INTO tag (name) VALUES ('爱桃'); INSERT INTO campaign (name, state) VALUES ('三月', 'sending');"
        "INSERT INTO campaign_step (campaign, number, text, scheduled_at, send_before, state)"
        " VALUES (1, 1, '桃', now(), now() + interval '1 day', 'draft')"
    )


async def join(*, phone: str, name: str, agrees: bool = True) -> int:
    """A member of store 1, with answers, an edit by head office and everything that counters and nights write."""
    async with scope(role="hq_admin", staff=1) as connection:
        made = await register(
            phone=phone, name=name, store=1, title=f"{name}女士", birthday=date(1990, 5, 17), now=NOW, business_date=DAY,
            consents={"marketing_sms": agrees, "location": True}, text_version="1", source=f"{name}本人填写",
        )  # fmt: skip
        await connection.execute(
            "UPDATE member SET name = name || '2', latitude = 31.234567, preferences = jsonb_build_object('口味', $2::text) WHERE id = $1",
            made.member, f"{name}不吃辣",
        )  # fmt: skip
        await connection.execute("UPDATE member SET name = $2 WHERE id = $1", made.member, name)
        await connection.execute(
            "INSERT INTO tier_grant (member, tier, valid_from, valid_until, reason) VALUES ($1, 2, $2, $2, $3)",
            made.member, DAY, f"{name}生日礼",
        )  # fmt: skip
    return made.member


async def live(member: int, *, phone: str, name: str, chance: random.Random) -> None:
    """What happens to a member, some of it, in any order."""
    for deed in chance.sample(EVERYTHING, chance.randint(len(EVERYTHING) - 3, len(EVERYTHING))):
        await deed(member, phone, name)


async def _buys(member: int, phone: str, name: str) -> None:
    for n in range(2):
        await make.sell(f"{member}-{n}", at=NOW, amount="120.50", member=member)


async def _is_adjusted(member: int, phone: str, name: str) -> None:
    async with scope(role="hq_admin", staff=1):
        await adjust(
            member=member,
            store=1,
            form=f"f{member}",
            points=7,
            reason=f"{name} {phone} 投诉补偿",
            business_date=DAY,
            staff=1,
        )


async def _gets_texts(member: int, phone: str, name: str) -> None:
    for n, state in enumerate(("accepted", "delivered", "queued", "cancelled", "unknown")):
        send = await make.value(
            "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, state, gateway, handed_at, next_at, scheduled_at,"
            " created_at, campaign, step) VALUES ($1, '+86' || $2, 1, $3, $4, $5, $6::varchar, CASE WHEN $6 <> 'queued' THEN 'pretend' END,"
            " CASE WHEN $6 <> 'queued' THEN $7::timestamptz END, CASE WHEN $6 = 'queued' THEN $7 END, $7, $7, $8, $8) RETURNING id",
            member, phone, "marketing" if n == 0 else "notice", f"t:{member}:{n}", f"【桃】{name}您好", state, NOW, 1 if n == 0 else None,
        )  # fmt: skip
        await make.execute(
            "INSERT INTO report_inbox (gateway, gateway_message_id, part, state, reported_at, body, at, joined)"
            " VALUES ('pretend', $1, '', 'delivered', $2, $3, $2, $2)",
            f"g{send}", NOW, f'[{{"phone_number":"{phone}","err":"DELIVRD"}}]',
        )  # fmt: skip
    await make.execute(
        "INSERT INTO notice (member, kind, reference, business_date, send_before, payload, state)"
        " VALUES ($1, 'points_expiring', 'x', $2, $3, $4::text::jsonb, 'due')",
        member, DAY, NOW, json.dumps({"name": name}, ensure_ascii=False),
    )  # fmt: skip


async def _writes(member: int, phone: str, name: str) -> None:
    said = Inbound(gateway_reply_id=f"{phone}-1", phone=phone, text=f"我是{name}，请回电{phone}", at=NOW)
    await take_replies(gateway="pretend", replies=[said], now=NOW + MINUTE, zone=make.ZONE, secret=SECRET)
    await make.execute("UPDATE reply SET note = $2 WHERE member = $1", member, f"已致电{name}")


async def _complains(member: int, phone: str, name: str) -> None:
    async with scope(role="hq_admin", staff=1):
        await record_complaint(source="12321", phone=phone, note=f"{name}说太多", now=NOW + HOUR, secret=SECRET)


async def _is_looked_up(member: int, phone: str, name: str) -> None:
    async with scope(role="cashier", stores=[2], staff=2):
        await find(phone=phone, now=NOW, staff=2)


async def _clicks(member: int, phone: str, name: str) -> None:
    async with scope(role="job"):
        link = await short_link(member=member, now=NOW, url=f"https://shop.example/?who={phone}")
    await open_link(code=link.code, visitor=Visitor(device="phone", is_preview=False), now=NOW + MINUTE)


async def _is_tagged(member: int, phone: str, name: str) -> None:
    async with scope(role="hq_admin", staff=1) as connection:
        await connection.execute(
            "INSERT INTO member_tag (member, tag, because) VALUES ($1, 1, $2)", member, f"{name}常买"
        )
        await connection.execute(
            "INSERT INTO member_interest (member, product, since) VALUES ($1, 1, $2)", member, DAY
        )  # fmt: skip


async def _asks_to_be_forgotten(member: int, phone: str, name: str) -> None:
    async with scope(role="cashier", stores=[1], staff=2):
        await ask_erasure(member=member, proof="phone", note=f"{name} {phone} 不想再收短信", now=NOW, today=DAY)


async def _is_seen(member: int, phone: str, name: str) -> None:
    async with scope(role="cashier", stores=[1], staff=2):
        await reveal(member=member, reason=f"给{name}回电 {spaced(phone)}", now=NOW)


async def _had_another_number_and_name(member: int, phone: str, name: str) -> None:
    """For a while everything was said of and to these; what was written by hand has them with blanks and in wide digits."""
    older, earlier = older_number(phone), older_name(name)
    async with scope(role="hq_admin", staff=1) as connection:
        await connection.execute(
            "UPDATE member SET phone = $2, name = $3 WHERE id = $1", member, f"+86{older}", earlier
        )
        for words in (f"{earlier}口头", f"电话 {spaced(older)}", phone.translate(WIDE)):
            await connection.execute(
                "INSERT INTO consent (member, purpose, granted, source, text_version, at) VALUES ($1, 'partner', false, $2, '', $3)",
                member, words, NOW,
            )  # fmt: skip
    await _gets_text_at(member, older, earlier)
    async with scope(role="hq_admin", staff=1) as connection:
        await connection.execute("UPDATE member SET phone = $2, name = $3 WHERE id = $1", member, f"+86{phone}", name)


async def _gets_text_at(member: int, phone: str, name: str) -> None:
    send = await make.value(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, state, gateway, handed_at)"
        " VALUES ($1, '+86' || $2, 1, 'notice', $3, $4, 'delivered', 'pretend', $5) RETURNING id",
        member, phone, f"o:{member}", f"【桃】{name}您好", NOW,
    )  # fmt: skip
    await make.execute(
        "INSERT INTO report_inbox (gateway, gateway_message_id, part, state, reported_at, body, at, joined)"
        " VALUES ('pretend', $1, '', 'delivered', $2, $3, $2, $2)",
        f"o{send}", NOW, f"mobile=86{phone}&stat=DELIVRD",
    )  # fmt: skip


WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
EVERYTHING = [
    _buys, _is_adjusted, _gets_texts, _writes, _complains, _is_looked_up, _clicks, _is_tagged, _asks_to_be_forgotten, _is_seen,
    _had_another_number_and_name,
]  # fmt: skip


def older_number(phone: str) -> str:
    """What somebody's number was before: of nobody else."""
    return phone[:3] + phone[:2:-1]


def older_name(name: str) -> str:
    return f"{name[::-1]}氏"


def spaced(phone: str) -> str:
    """As people write it."""
    return f"{phone[:3]} {phone[3:7]} {phone[7:]}"


async def why_not(member: int, *, at: datetime, message_class: str = "marketing") -> str | None:
    """Why a message of a class may not leave for a member; None: it may."""
    return await make.value(  # type: ignore[no-any-return]  # a reason
        "SELECT (SELECT j.reason FROM deed.contact_judge(ARRAY[ROW(1, $4, m.phone, 1, false, NULL,"
        " $2::timestamptz + interval '9 hours',"
        " m.id, m.phone, false, false, false)::deed.planned], $2, 'Asia/Shanghai', $3, false) j) FROM member m WHERE m.id = $1",
        member, at, hmac_pads(secret=settings().secret), message_class,
    )  # fmt: skip


async def books() -> dict[str, object]:
    """What the chain owes and sold, to the last row."""
    return {
        table: await make.value(f"SELECT array_agg(t::text ORDER BY t::text) FROM (SELECT {columns} FROM {table}) t")
        for table, columns in BOOKS.items()
    }
