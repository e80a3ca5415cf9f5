"""The form with which head office forgets a member: only who means it, only who may."""

import pytest

from tests import make
from tests.admin.at_the_desk import NOBODY, PHONE, send, two_counters

pytestmark = pytest.mark.usefixtures("counter")


@pytest.fixture
async def counter(db: None) -> None:
    await two_counters()


async def test_a_member_is_forgotten_only_by_who_writes_the_word() -> None:
    for word in ("", "是", "注 销"):
        assert (await send("注销会员", role="hq_admin", phone=PHONE, confirm=word)).startswith("not_confirmed")
    assert await make.value("SELECT phone FROM member WHERE id = 1") == f"+86{PHONE}"
    assert (await send("注销会员", role="store_manager", phone=PHONE, confirm="注销")).startswith("not_allowed")
    assert (await send("注销会员", role="hq_admin", phone=NOBODY, confirm="注销")).startswith("unknown_member")
    assert await send("注销会员", role="hq_admin", phone=PHONE, confirm="注销") == (
        "会员 1 已注销，个人资料已清除；0 条待发短信不再发送。"
    )
    said = await send("erase-a-member", role="hq_admin", language="en", phone="13900000002", confirm="Erase")
    assert said == "Member 2 is erased; 0 waiting messages do not leave."
    assert await make.value("SELECT count(*) FROM member WHERE phone IS NOT NULL OR erased_at IS NULL") == 0
