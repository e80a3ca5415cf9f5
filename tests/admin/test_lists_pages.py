"""Pages are a partition: whoever pages from the first to the last sees every row once, in order, at any size."""

import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.lists_pages import cut
from admin.lists_view import Limits
from rules.refusals import Refusal
from tests import make
from tests.admin.lists_asking import ask, keys, members

SMALL = Limits(exact=60, deep=30, window=1000)


@pytest.fixture
async def gaps(db: None) -> dict[int, int]:
    """400 members of three stores whose ids lie in clumps; id to store."""
    await make.make_program()
    chance = random.Random(7)  # noqa: S311
    ids = sorted({*chance.sample(range(1, 900), 250), *range(5_000, 5_150)})
    stores = [await make.make_store(f"S{n}") for n in (1, 2, 3)]
    placed = {one: chance.choice(stores) for one in ids}
    for store in stores:
        await members(*(one for one, where in placed.items() if where == store), store=store)
    return placed


async def _all_pages(*, size: int, order: str, **more: Any) -> list[int]:
    counted = await ask("member", "count", limits=SMALL, **more)
    pages = -(-counted["count"] // size)
    seen: list[int] = []
    for page in range(1, pages + 1):
        seen += await keys("member", limits=SMALL, __page=page, __page_size=size, __order=order, **more)
    assert await keys("member", limits=SMALL, __page=pages + 1, __page_size=size, __order=order, **more) == []
    return seen


@pytest.mark.parametrize("analysed", [True, False])
@pytest.mark.parametrize("size", [7, 15, 50, 1000])
async def test_every_member_is_on_exactly_one_page(gaps: dict[int, int], size: int, *, analysed: bool) -> None:
    if analysed:
        await make.execute("ANALYZE member")
    assert await _all_pages(size=size, order="-id") == sorted(gaps, reverse=True)
    assert await _all_pages(size=size, order="id") == sorted(gaps)


@pytest.mark.parametrize("stores", [(2,), (1, 3), (1, 2, 3), ()])
async def test_every_own_member_is_on_exactly_one_page_of_a_store(
    gaps: dict[int, int], stores: tuple[int, ...]
) -> None:
    await make.execute("ANALYZE member")
    own = sorted(one for one, store in gaps.items() if store in stores)
    for order, wanted in (("id", own), ("-id", own[::-1])):
        assert await _all_pages(size=15, order=order, role="store_manager", stores=stores) == wanted


async def test_a_filtered_set_is_paged_as_exactly(gaps: dict[int, int]) -> None:
    wanted = sorted((one for one, store in gaps.items() if store == 2), reverse=True)
    assert await _all_pages(size=15, order="-id", home_store=2) == wanted
    assert (
        await _all_pages(size=15, order="-id", home_store=2, joined_on="2026-01-01", joined_on__operator="gte")
        == wanted
    )


async def test_a_set_that_hangs_on_members_is_paged_by_its_own_key(gaps: dict[int, int]) -> None:
    await make.execute("ANALYZE member, member_stats")
    own = sorted((one for one, store in gaps.items() if store == 3), reverse=True)
    mine: dict[str, Any] = {"limits": SMALL, "role": "store_manager", "stores": (3,)}
    counted = (await ask("member_stats", "count", **mine))["count"]
    seen = []
    for page in range(1, -(-counted // 7) + 1):
        seen += await keys("member_stats", key="member", __page=page, __page_size=7, __order="-member", **mine)
    assert seen == own


async def test_a_window_with_too_many_rows_is_refused(gaps: dict[int, int]) -> None:
    with pytest.raises(Refusal) as refused:
        await keys("member", limits=Limits(exact=60, deep=0, window=5), __page=1, __page_size=5, __order="-id")
    assert refused.value.code == "too_broad"


async def test_another_order_needs_a_small_set_or_an_index(gaps: dict[int, int]) -> None:
    by_name = sorted(gaps, key=lambda one: (f"会员{one}", one))
    assert await keys("member", __order="name", __page_size=1000) == by_name
    assert await keys("member", __order="-name", __page_size=1000) == by_name[::-1]
    for order in ("name", "tier,name", "joined_on"):
        with pytest.raises(Refusal) as refused:
            await keys("member", limits=SMALL, __order=order)
        assert refused.value.code == "too_broad"
    by_store = sorted(gaps, key=lambda one: (gaps[one], one))
    assert await keys("member", limits=SMALL, __order="home_store", __page_size=30) == by_store[:30]
    with pytest.raises(Refusal):
        await keys("member", limits=SMALL, __order="home_store", __page_size=30, __page=2)


async def test_what_comes_after_the_key_sorts_nothing(gaps: dict[int, int]) -> None:
    assert await keys("member", limits=SMALL, __order="id,name", __page_size=30) == sorted(gaps)[:30]


async def test_counts_are_exact_while_small_and_never_below_that_beyond(gaps: dict[int, int]) -> None:
    await make.execute("ANALYZE member, member_stats")
    assert await ask("member", "count") == {"count": 400, "page_size": 15}
    assert (await ask("member", "count", limits=SMALL))["count"] == 400
    assert (await ask("member", "count", limits=SMALL, name="会员51", __order="id"))["count"] == sum(
        "51" in str(one)[:2] for one in gaps
    )
    own = sum(store == 2 for store in gaps.values())
    estimated = (await ask("member", "count", limits=SMALL, role="store_manager", stores=(2,)))["count"]
    assert SMALL.exact < estimated < own * 2
    hanging = (await ask("member_stats", "count", limits=SMALL, role="store_manager", stores=(2,)))["count"]
    assert SMALL.exact < hanging < own * 2


@given(st.integers(1, 10**12), st.integers(0, 10**9), st.integers(1, 500), st.booleans())
def test_windows_touch_and_never_overlap(low: int, width: int, pages: int, descending: bool) -> None:  # noqa: FBT001
    high = low + width
    start, end = (high, low) if descending else (low, high)
    windows = [cut(start=start, end=end, pages=pages, number=number) for number in range(1, pages + 1)]
    found = sorted(window for window in windows if window is not None)
    assert found[0][0] == low
    assert found[-1][1] == high
    assert all(first <= last for first, last in found)
    assert all(before[1] + 1 == after[0] for before, after in pairwise(found))
