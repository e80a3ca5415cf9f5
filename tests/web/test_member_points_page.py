"""/members/{id}/points: what a cashier reads, and that nobody learns whether a member is there who may not see them."""

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide

from config.settings import Settings, settings
from queries.points import explain
from queries.staff import Identity
from tables.access import STAFF_ROLES, Role
from tables.scope import scope
from tests import make
from web.pages import frame, member_points
from web.pages.member_points import member_points_page
from web.pages.simulator import TEMPLATES

PAGE = (Path(member_points.__file__).parent / "templates" / "member_points.html").read_text(encoding="utf-8")
DAY = date(2031, 3, 3)
DAYS = timedelta(days=1)


@pytest.fixture(autouse=True)
async def shop(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Member 1 of store 1 and member 2 of store 2; it is the day after DAY."""
    monkeypatch.setattr(member_points, "today", lambda: DAY + DAYS)
    await make.make_program(point_value=Decimal("0.01"))
    for n in (1, 2):
        await make.make_member(f"+861390000000{n}", store=await make.make_store(f"S{n}"))
    await make.execute("UPDATE store SET name = '人民路店' WHERE id = 1; UPDATE member SET name = '<b>王芳</b>'")
    await make.sell("R17", at=make.noon(DAY), amount="149")


async def got(
    address: str = "/members/1/points", *, role: Role = "cashier", stores: tuple[int, ...] = (1,)
) -> tuple[int, str, dict[str, str]]:
    async def staff() -> Identity:
        return Identity(staff=1, username="who", role=role, stores=stores, password_is_temporary=False)

    app = Litestar(
        route_handlers=[member_points_page], dependencies={"staff": Provide(staff)}, template_config=TEMPLATES, openapi_config=None
    )  # fmt: skip
    # In this loop, whose pool it is.
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # ASGI, typed twice
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get(address)
    return answer.status_code, answer.text, dict(answer.headers)


def read(page: str) -> str:
    """What a person reads of it."""
    shown = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown))


async def redeem(points: int) -> None:
    async with scope(role="job") as connection:
        await connection.fetch(
            "SELECT deed.redemption_post(1, 1, $1, ROW($2, NULL, NULL)::deed.wish, $3, NULL)", f"r{points}", points, DAY
        )


async def test_a_cashier_reads_who_how_much_what_ends_and_every_line() -> None:
    await redeem(99)
    status, page, _ = await got()
    text = read(page)
    assert status == 200
    for said in (
        "&lt;b&gt;王芳&lt;/b&gt;", "139****0001", "归属 人民路店", "可用积分 50", "待生效 0", "欠分 0",
        "5 月 2 日到期 50 分 还有 59 天", "还剩 50 分，来自 3 月 3 日 人民路店 小票 R17，5 月 2 日到期", "原有 149 分",
        "在 人民路店 用积分抵 ¥0.99 −99 结余 50", "用去 99 分，来自 3 月 3 日 人民路店 小票 R17（5 月 2 日到期）",
        "在 人民路店 消费 ¥149.00（小票 R17），获得积分 +149 结余 149", "149 分由 人民路店 承担", "3 月 3 日 兑换用去 99 分",
        "可用 50 + 待生效 0 + 已过期待结转 0 − 欠分 0 = 结余 50",
    ):  # fmt: skip
        assert said in text, said
    assert text.index("用积分抵") < text.index("消费 ¥149.00"), "the newest stands above"
    assert "<b>王芳" not in page
    assert not re.search(r"1390000\d{4}", page)


async def test_a_manager_reads_why_a_member_has_a_tag_and_a_cashier_does_not() -> None:
    await make.execute("INSERT INTO tag (name, rule) VALUES ('高频', '累计消费次数 >= 1'), ('手', NULL)")
    await make.execute(
        "INSERT INTO member_tag (member, tag, source, since, because) VALUES (1, 1, 'rule', $1, '<i>次</i>'), (1, 2, 'manual', $1, NULL)",
        make.noon(DAY),
    )
    text = read((await got(role="store_manager"))[1])
    assert "高频 自 3 月 3 日起，&lt;i&gt;次&lt;/i&gt; ✓ 累计消费次数 &gt;= 1 次（现在 1 次）" in text
    assert "手 自 3 月 3 日起，员工手工添加" in text
    assert "高频" not in (await got())[1]


async def test_debt_and_what_waits_and_what_lapsed_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    await redeem(149)
    async with scope(role="job") as connection:
        await connection.fetch(
            "SELECT deed.refund_record(1, 'F', 1, 'R17', $1, $2, NULL, '{}', '{}', '{}', '{}', 'till', NULL)",
            make.noon(DAY), DAY,
        )  # fmt: skip
    await make.execute("UPDATE points_policy SET hold_days = 3")
    await make.sell("R18", at=make.noon(DAY), amount="20")
    text = read((await got())[1])
    for said in ("待生效 20 尚在等待期", "欠分 149 退货时积分已用掉", "3 月 6 日起可用", "还欠 149 分"):
        assert said in text, said
    await make.execute("UPDATE points_policy SET hold_days = 0")
    await make.sell("R19", at=make.noon(DAY + DAYS), amount="200", member=2, store=2)
    monkeypatch.setattr(member_points, "today", lambda: DAY + 90 * DAYS)
    lapsed = read((await got("/members/2/points", stores=(2,)))[1])
    assert "另有 200 分已经过期，当晚结转，不能再用。" in lapsed
    assert "目前没有积分。" in lapsed


async def test_many_lots_are_folded_and_many_lines_are_paged(monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(20):
        await make.sell(f"N{n}", at=make.noon(DAY - n * DAYS), amount="10")
    text = read((await got())[1])
    assert "其余 9 批" in text
    assert "之后还有" in text
    assert "更早的记录" not in text
    plain = explain
    monkeypatch.setattr(member_points, "explain", lambda **asked: plain(**asked, most=15, most_lots=18))
    _, page, _ = await got()
    assert "还有 3 批未列出。" in page
    [older] = re.findall(r'href="(/members/1/points\?before=\d+)"', page)
    _, page, _ = await got(older)
    assert "消费 ¥149.00" in page
    assert "更早的流水" in page
    assert "现有积分" not in page
    assert re.findall(r'href="(/members/1/points[^"]*)"', page) == ["/members/1/points"]


async def test_a_member_without_points_is_told_so() -> None:
    text = read((await got("/members/2/points", stores=(2,)))[1])
    for said in ("还没有积分记录。", "目前没有积分。", "没有会到期的积分。"):
        assert said in text


async def test_a_merged_file_leads_to_the_one_that_was_kept() -> None:
    await make.execute("UPDATE member SET merged_into = 1, phone = NULL, erased_at = now() WHERE id = 2")
    page = (await got("/members/2/points", role="hq_admin", stores=()))[1]
    assert "已并入会员 #1" in read(page)
    assert 'href="/members/1/points"' in page
    assert "已注销" not in page


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_who_may_look_sees_the_phone_in_their_form(role: Role) -> None:
    status, page, _ = await got(role=role)
    assert status == (404 if role == "hq_marketing" else 200)
    assert ("13900000001" in page) is (role in {"hq_admin", "store_manager"})


async def test_foreign_and_unknown_members_get_one_answer() -> None:
    asked: list[tuple[int, Role]] = [
        (2, "cashier"), (99, "cashier"), (99, "hq_admin"), (0, "cashier"), (10**30, "store_manager"),
    ]  # fmt: skip
    answers = [await got(f"/members/{member}/points", role=role) for member, role in asked]
    assert {(status, page) for status, page, _ in answers} == {(404, answers[0][1])}
    assert "查无此会员" in answers[0][1]
    assert "/members/" not in answers[0][1]


async def test_the_answer_is_kept_nowhere_and_asks_nobody() -> None:
    for address in ("/members/1/points", "/members/2/points"):
        _, page, headers = await got(address)
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert "<script" not in page
        assert not re.search(r"(src|href)=\"(https?:)?//", page)


async def test_the_page_speaks_the_language_of_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    await make.execute(
        "UPDATE store SET name = 'People St'; UPDATE member SET name = 'Ann'; UPDATE tier SET name = 'Bronze' WHERE rank = 1"
    )
    english = Settings(data_dir=settings().data_dir, language="en")
    for module in (frame, member_points):
        monkeypatch.setattr(module, "settings", lambda: english)
    _, page, _ = await got()
    assert "149 left, from 3 Mar receipt R17 of People St, good until 2 May" in page
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))


def test_the_template_holds_no_words_of_its_own() -> None:
    assert not re.search(r"[\u4e00-\u9fff]", PAGE)


async def test_the_page_says_how_every_purpose_stands_and_what_was_said_before() -> None:
    await make.execute(
        "INSERT INTO staff (username, password, role, active, admin) VALUES ('anna', 'x', 'cashier', true, true);"
        "INSERT INTO consent (member, purpose, granted, source, text_version, store, staff, at) VALUES"
        " (1, 'health', true, '<i>柜台</i>', '2031-01', 1, 1, '2031-03-02 02:00Z'),"
        " (1, 'marketing_sms', true, '电话', '1', 1, NULL, '2031-03-01 02:00Z'),"
        " (1, 'health', false, 'reply', '', NULL, NULL, '2031-03-03 02:00Z'),"
        " (2, 'partner', true, '他店', '9', 2, NULL, '2031-03-01 02:00Z')"
    )
    _, page, _ = await got()
    text = read(page)
    assert "健康信息 ：不同意 自 3 月 3 日起 · 回复短信" in text
    assert "营销短信 ：同意 自 3 月 1 日起 · 电话 · 人民路店 · 条款 1" in text
    assert "儿童的信息（监护人同意） ：未询问" in text
    assert "通知短信 ：未拒绝，照常发送" in text
    assert "全部记录（3 条）" in text
    assert "健康信息 ：同意 3 月 2 日 · &lt;i&gt;柜台&lt;/i&gt; · 人民路店 · 条款 2031-01 · 经办 anna" in text
    assert "他店" not in text
