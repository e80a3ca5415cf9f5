"""A step of a campaign as a form: what stands in its fields, and what is read from them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

from config.settings import settings
from rules.campaigns_plan import LABELS, StepPlan, VariantPlan
from web.pages.campaigns_content_words import WORDS
from web.pages.campaigns_frame import Form

MINUTES = {"minutes": 1, "hours": 60, "days": 1440}
YEARS = range(2000, 2100)  # of days that somebody may mean
BEGINS, ENDS = time(10), time(20)  # of a new campaign's first day
_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)
_WHOLE = 100
_LONGEST_WAIT = 30 * MINUTES["days"]
_LONGEST_LANDING = 2_000


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What stands in the fields; `labels`: of the versions, "A" alone where there is one text."""

    labels: str = "A"
    fields: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str, label: str = "") -> str:
        return self.fields.get(f"{name}_{label}" if label else name, "")


def fresh_step(*, now: datetime) -> StepPlan:
    """An empty step that leaves tomorrow."""
    day = now.astimezone(settings().zone).date() + timedelta(days=1)
    begins, ends = (datetime.combine(day, at, tzinfo=settings().zone).astimezone(UTC) for at in (BEGINS, ENDS))
    return StepPlan(text="", scheduled_at=begins, send_before=ends)


def typed_of(*, step: StepPlan, winner: StepPlan | None) -> Typed:
    """The fields of a stored step; `winner`: the step that sends its better version."""
    versions = step.variants or (
        VariantPlan(label="A", share=Decimal(1), text=step.text, landing=step.landing),
    )  # fmt: skip
    fields: dict[str, str] = {"expects_reply": "yes" if step.expects_reply else ""}
    for one in versions:
        own = {
            "text": one.text, "landing": one.landing, "share": _percent(one.share), "kind": one.landing_kind,
            "later": str(one.minutes_later),
        }  # fmt: skip
        fields |= {f"{name}_{one.label}": said for name, said in own.items()}
    fields |= _waits("wait", step.wait_minutes) | _waits(
        "winner_wait", winner.wait_minutes if winner else MINUTES["days"]
    )
    fields |= {
        "winner_by": (winner.winner_by or "") if winner else "",
        "sample": _percent(step.sample) if winner else "20",
    }
    return Typed(labels="".join(one.label for one in versions), fields=fields)


def _waits(name: str, minutes: int | None) -> dict[str, str]:
    amount = minutes or 2 * MINUTES["days"]
    unit = next(unit for unit in ("days", "hours", "minutes") if amount % MINUTES[unit] == 0)
    return {name: str(amount // MINUTES[unit]), f"{name}_unit": unit}


def typed_in(*, form: Form) -> Typed:
    """The fields as somebody typed them."""
    labels = "".join(label for label in LABELS if f"text_{label}" in form) or "A"
    # A text keeps its line breaks as the gateway counts them: one character each.
    fields = {name: form.one(name).replace("\r\n", "\n") for name in form.fields}
    return Typed(labels=labels, fields=fields)


def with_version(*, typed: Typed) -> Typed:
    """One version more, with the words of the first and equal shares."""
    if len(typed.labels) == len(LABELS):
        return typed
    label = LABELS[len(typed.labels)]
    own = {f"{name}_{label}": typed.of(name, "A") for name in ("text", "landing", "kind")}
    return _even(Typed(labels=typed.labels + label, fields={**typed.fields, **own, f"later_{label}": "0"}))


def without_version(*, typed: Typed, label: str) -> Typed:
    """One version less; the later ones move up."""
    if label not in typed.labels or len(typed.labels) == 1:
        return typed
    stays = [one for one in typed.labels if one != label]
    fields = {name: said for name, said in typed.fields.items() if name[-2:-1] != "_" or name[-1] not in LABELS}
    for new, old in zip(LABELS, stays, strict=False):
        fields |= {f"{name}_{new}": typed.of(name, old) for name in ("text", "landing", "share", "kind", "later")}
    return _even(Typed(labels=LABELS[: len(stays)], fields=fields))


def with_text(*, typed: Typed, label: str, text: str) -> Typed:
    """Another text for one version."""
    return Typed(labels=typed.labels, fields={**typed.fields, f"text_{label}": text})


def _even(typed: Typed) -> Typed:
    """Equal shares; what cannot be divided goes to the first."""
    part = _WHOLE // len(typed.labels)
    shares = {f"share_{label}": str(part) for label in typed.labels}
    shares["share_A"] = str(_WHOLE - part * (len(typed.labels) - 1))
    return Typed(labels=typed.labels, fields={**typed.fields, **shares})


def read_step(*, typed: Typed, base: StepPlan) -> tuple[StepPlan, dict[str, str]]:
    """The step with what was typed, and what is wrong by the name of its field."""
    errors: dict[str, str] = {}
    words = WORDS[settings().language]
    for label in typed.labels:
        if not typed.of("text", label):
            errors[f"text_{label}"] = words["empty_text"]
        if len(typed.of("landing", label)) > _LONGEST_LANDING:
            errors[f"landing_{label}"] = words["long_landing"].format(most=_LONGEST_LANDING)
    plan = replace(
        base, text=typed.of("text", "A"), landing=typed.of("landing", "A"),
        expects_reply=typed.of("expects_reply") == "yes", variants=_variants(typed, errors), sample=Decimal(1),
    )  # fmt: skip
    if base.kind == "follow_up":
        plan = replace(plan, wait_minutes=_wait(typed, "wait", errors))
    if plan.variants and typed.of("winner_by"):
        plan = replace(plan, sample=_share(typed.of("sample"), "sample", errors))
        _wait(typed, "winner_wait", errors)
    return plan, errors


def winner_of(*, typed: Typed) -> tuple[Literal["click", "purchase"], int] | None:
    """By what the better version is found, and after how many minutes; None: nobody asked. What was typed is good."""
    by = typed.of("winner_by")
    if by not in {"click", "purchase"} or len(typed.labels) == 1:
        return None
    return by, _wait(typed, "winner_wait", {})  # type: ignore[return-value]  # one of the two


def _variants(typed: Typed, errors: dict[str, str]) -> tuple[VariantPlan, ...]:
    if len(typed.labels) == 1:
        return ()
    words = WORDS[settings().language]
    found: list[dict[str, Any]] = []
    for label in typed.labels:
        later = typed.of("later", label) or "0"
        if not _NUMBER.fullmatch(later):
            errors[f"later_{label}"] = words["bad_later"]
        found.append(
            {
                "label": label, "share": _share(typed.of("share", label), f"share_{label}", errors),
                "text": typed.of("text", label), "landing": typed.of("landing", label),
                "landing_kind": "qr" if typed.of("kind", label) == "qr" else "page",
                "minutes_later": int(later) if _NUMBER.fullmatch(later) else 0,
            }
        )  # fmt: skip
    total = sum((one["share"] for one in found), Decimal(0))
    if total != 1 and not any(name.startswith("share_") for name in errors):
        errors["share_A"] = words["bad_shares"].format(total=_percent(total))
    return tuple(VariantPlan(**one) for one in found)


def _share(text: str, name: str, errors: dict[str, str]) -> Decimal:
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) < _WHOLE:
        errors[name] = WORDS[settings().language]["bad_share"]
        return Decimal(1)
    return Decimal(int(text)) / _WHOLE


def _wait(typed: Typed, name: str, errors: dict[str, str]) -> int:
    amount, unit = typed.of(name), MINUTES.get(typed.of(f"{name}_unit"), 1)
    if not _NUMBER.fullmatch(amount) or not 1 <= int(amount) * unit <= _LONGEST_WAIT:
        errors[name] = WORDS[settings().language]["bad_wait"]
        return unit
    return int(amount) * unit


def _percent(share: Decimal) -> str:
    return str(round(share * _WHOLE))
