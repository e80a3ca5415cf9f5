"""What the cells of import files mean."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.cells import parse_day, parse_instant, parse_int, parse_money, parse_quantity, parse_yes_no
from rules.refusals import Refusal

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_money, "99.90", Decimal("99.90")),
        (parse_money, "-33.3", Decimal("-33.3")),
        (parse_money, "0.500", Decimal("0.5")),
        (parse_money, "1,234,567.89", Decimal("1234567.89")),
        (parse_money, "¥12", Decimal(12)),
        (parse_money, "￥１２．５０", Decimal("12.5")),
        (parse_money, ".5", Decimal("0.5")),
        (parse_money, "9999999999.99", Decimal("9999999999.99")),
        (parse_quantity, "1.255", Decimal("1.255")),
        (parse_quantity, "-2", Decimal(-2)),
        (parse_int, "200", 200),
        (parse_int, "２００", 200),
        (parse_int, "-5", -5),
        (parse_int, "200.0", 200),
        (parse_int, "1,200", 1200),
        (parse_day, "2017-03-01", date(2017, 3, 1)),
        (parse_day, "2017/3/1", date(2017, 3, 1)),
        (parse_day, "2017.3.1", date(2017, 3, 1)),
        (parse_day, "20170301", date(2017, 3, 1)),
        (parse_day, "2017年3月1日", date(2017, 3, 1)),
        (parse_day, "２０１７-０３-０１", date(2017, 3, 1)),
        (parse_day, "2017-03-01 00:00:00", date(2017, 3, 1)),
        (parse_day, "2024-02-29", date(2024, 2, 29)),
        *((parse_yes_no, word, True) for word in ("yes", "YES", "是", "1", "１", "true", "Y")),
        *((parse_yes_no, word, False) for word in ("no", "No", "否", "0", "FALSE")),
    ],
)
def test_a_good_cell(parse: Callable[[str], object], text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "code", "texts"),
    [
        (parse_money, "bad_money",
         ["1.234", "1e5", "NaN", "Infinity", "10000000000", "12元5", "1,23", "--1", ".", "1_000"]),
        (parse_quantity, "bad_quantity", ["1.2345", "1000000000", "two"]),
        (parse_int, "bad_number", ["1.5", "1e3", "9" * 19, "²", "十"]),
        (parse_day, "bad_day",
         ["2017-02-29", "01/03/2017", "42795", "2017-W01-1", "2017-3/1", "0001-01-01", "2017-03-01 10:00"]),
        (parse_yes_no, "bad_yes_no", ["maybe", "2", "是否"]),
        (lambda text: parse_instant(text, SHANGHAI), "bad_instant",
         ["42736.495", "2017-01-01 24:00:00", "2017-13-01 00:00", "11:53", "2017-01-01T", "20170101T115326", "x"]),
    ],
)  # fmt: skip
def test_a_bad_cell_is_refused_with_its_value_and_a_remedy(
    parse: Callable[[str], object], code: str, texts: list[str]
) -> None:
    for text in texts:
        with pytest.raises(Refusal) as caught:
            parse(text)
        assert caught.value.code == code
        assert f"“{text}”" in caught.value.en
        assert f"“{text}”" in caught.value.zh
    for empty in ("", "  "):
        with pytest.raises(Refusal, match="empty"):
            parse(empty)


def test_a_long_value_is_quoted_short() -> None:
    with pytest.raises(Refusal) as caught:
        parse_money("9" * 5000)
    assert len(caught.value.en) < 200


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2017-01-01 11:53:26", datetime(2017, 1, 1, 11, 53, 26, tzinfo=SHANGHAI)),
        ("2017-01-01 11:53", datetime(2017, 1, 1, 11, 53, tzinfo=SHANGHAI)),
        ("2017/1/1 11:53", datetime(2017, 1, 1, 11, 53, tzinfo=SHANGHAI)),
        ("2017/1/1 9:05:07", datetime(2017, 1, 1, 9, 5, 7, tzinfo=SHANGHAI)),
        ("2017-01-01T03:53:26Z", datetime(2017, 1, 1, 3, 53, 26, tzinfo=UTC)),
        ("2017-01-01T11:53:26+08:00", datetime(2017, 1, 1, 3, 53, 26, tzinfo=UTC)),
        ("2017-01-01T11:53:26.500+0800", datetime(2017, 1, 1, 3, 53, 26, 500_000, tzinfo=UTC)),
        ("２０１７/１/１ １１：５３", datetime(2017, 1, 1, 11, 53, tzinfo=SHANGHAI)),
        ("2017-01-01", datetime(2017, 1, 1, tzinfo=SHANGHAI)),
    ],
)
def test_an_instant_is_aware_and_local_when_the_text_says_no_zone(text: str, at: datetime) -> None:
    found = parse_instant(text, SHANGHAI)
    assert found == at
    assert found.utcoffset() is not None


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.datetimes(min_value=datetime(1995, 1, 1), max_value=datetime(2150, 1, 1)),  # noqa: DTZ001  as a till prints it
    st.integers(-(10**17), 10**17),
)
def test_what_is_written_plainly_is_read_back(amount: Decimal, at: datetime, number: int) -> None:
    whole = at.replace(microsecond=0, tzinfo=SHANGHAI)
    assert parse_money(str(amount)) == amount
    assert parse_int(str(number)) == number
    assert parse_day(at.date().isoformat()) == at.date()
    assert parse_instant(whole.replace(tzinfo=None).isoformat(" "), SHANGHAI) == whole
    assert parse_instant(whole.isoformat(), SHANGHAI) - whole == timedelta(0)
