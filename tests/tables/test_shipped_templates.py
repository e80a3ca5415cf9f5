"""The texts a chain begins with are its own from then on."""

import pytest

from tests import make
from tests.shipped_templates import ship_templates, shipped

pytestmark = pytest.mark.usefixtures("db")


async def test_what_the_chain_has_written_is_never_overwritten() -> None:
    await ship_templates()
    rows = await make.fetch("SELECT kind, message_class, text FROM template WHERE is_active ORDER BY id")
    assert [tuple(row.values()) for row in rows] == shipped()
    assert {kind for kind, message_class, _ in shipped() if message_class == "verification"} == {
        "redeem_code",
        "number_code",
    }
    await make.execute("UPDATE template SET text = '您好{tier}' WHERE kind = 'welcome'")
    await make.execute("UPDATE template SET name = '我的外框', is_active = false WHERE kind = 'frame'")
    before = await make.digest()
    await ship_templates()
    assert (await make.digest())["template"] == before["template"]
