"""A refusal carries its reason anywhere."""

import pickle

from rules.refusals import Refusal


def test_a_refusal_speaks_both_languages_and_survives_pickling() -> None:
    refusal = Refusal(code="bad_day", en="No such day.", zh="没有这一天。")
    again = pickle.loads(pickle.dumps(refusal))  # noqa: S301  our own bytes
    assert (again.code, again.en, again.zh) == ("bad_day", "No such day.", "没有这一天。")
    assert str(again) == "No such day. / 没有这一天。"
    assert isinstance(again, ValueError)
