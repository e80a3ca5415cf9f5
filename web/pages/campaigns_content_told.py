"""What the template of the wizard's second step is told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from config.settings import settings
from queries.campaigns_look import LibraryText
from rules.campaigns_plan import COUNTDOWN, LABELS, StepPlan
from rules.templates_tokens import CHINESE
from web.pages.campaigns_content_words import TRADES, WEEKDAYS, WORDS
from web.pages.campaigns_deeds import Place
from web.pages.campaigns_frame import Form, moment
from web.pages.campaigns_steps import MINUTES, Typed

_AWAY = 21  # days until the day that a countdown is offered for


def shown(*, place: Place, typed: Typed, form: Form, texts: Sequence[LibraryText], now: datetime) -> dict[str, Any]:
    """The tabs of steps, the fields of one, the series that can be made of it, and the texts to choose from."""
    language = settings().language
    steps = [(one.number, _kind(one.plan), _when(one.plan), one.number == place.number) for one in place.plan.steps]
    return {
        "steps": steps,
        "number": place.number,
        "kind": place.step.kind,
        "kind_said": _kind(place.step),
        "explained": explained(step=place.step),
        "at": moment(place.step.scheduled_at),
        "typed": typed,
        "more_labels": len(typed.labels) < len(LABELS),
        "frozen": place.shown is not None and place.shown.state != "draft",
        "placeholders": [f"{{{CHINESE[name] if language == 'zh' else name}}}" for name in CHINESE if name != "opt_out"],
        "units": [(unit, WORDS[language][unit]) for unit in MINUTES],
        "weekdays": list(enumerate(WEEKDAYS[language], 1)),
        "library": _library(texts),
        "series": _series(form, now),
    }


def _series(form: Form, now: datetime) -> dict[str, Any]:
    """What stands in the fields of the series: what was typed, else what is usual."""
    today = now.astimezone(settings().zone).date()
    chosen = form.every("days_before") if "day" in form else [str(days) for days in COUNTDOWN]
    usual = {
        "day": f"{today + timedelta(days=_AWAY)}", "countdown_at": "10:00", "weekday": "2", "first": f"{today + timedelta(days=1)}",
        "weeks": "4", "weekly_at": "10:00", "follow_wait": "2", "follow_wait_unit": "days",
    }  # fmt: skip
    return {
        **{name: form.one(name, default) for name, default in usual.items()},
        "days": [(days, str(days) in chosen) for days in COUNTDOWN],
    }


def _library(texts: Sequence[LibraryText]) -> list[tuple[str, list[LibraryText]]]:
    """The texts by the name of their trade, in the order of the trades."""
    names = TRADES[settings().language]
    order = list(names)
    known = sorted(texts, key=lambda one: order.index(one.trade) if one.trade in order else len(order))
    return [
        (names.get(trade, trade or names[""]), list(group))
        for trade, group in groupby(known, key=lambda one: one.trade)
    ]


def _kind(step: StepPlan) -> str:
    words = WORDS[settings().language]
    if step.kind == "countdown":
        return words["days_before"].format(n=step.days_before) if step.days_before else words["the_day"]
    return words[step.kind]


def _when(step: StepPlan) -> str:
    return _wait(step) if step.follows else moment(step.scheduled_at)


def explained(*, step: StepPlan) -> str | None:
    """To whom a step goes that follows another."""
    words = WORDS[settings().language]
    if step.kind == "follow_up":
        return words["follows"].format(n=step.follows, wait=_wait(step))
    if step.kind == "winner":
        return words["winner_about"].format(n=step.follows, wait=_wait(step), by=words[f"by_{step.winner_by}"])
    return None


def _wait(step: StepPlan) -> str:
    minutes = step.wait_minutes or 0
    unit = next((one for one in ("days", "hours", "minutes") if minutes % MINUTES[one] == 0), "minutes")
    return f"{minutes // MINUTES[unit]} {WORDS[settings().language][unit]}"
