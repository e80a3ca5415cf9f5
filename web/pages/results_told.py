"""A campaign's results as sentences, figures and the geometry of its charts, for the template."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from queries.results_facts import Counts, Results, StepResult
from rules.contests import Contest, Entrant, contest
from rules.effects import Group
from web.pages.frame import number, yuan
from web.pages.results_charts import bar, hours, ratio, share

CENT = Decimal("0.01")
_FUNNEL = ("audience", "sent", "delivered", "clicked", "bought")
_OPT_OUT_LINE, _COMPLAINT_LINE = 0.003, 0.001
_TONES = {"more": "good", "less": "bad", "chance": "still", "few": "still", "no_holdout": ""}


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultsTeller:
    """`words`: of the page; `reasons`: of who is left out; `states`: of campaigns."""

    words: Mapping[str, str]
    reasons: Mapping[str, str]
    zone: ZoneInfo

    def page(self, results: Results) -> dict[str, Any]:
        """What the template needs; `unsent`: nothing has left yet."""
        if results.began_at is None:
            return {"unsent": True, "as_of": self._as_of(results)}
        return {
            "unsent": False,
            "as_of": self._as_of(results),
            "verdict": self._verdict(results),
            "tone": _TONES[results.effect.verdict],
            "figures": self._gain(results),
            "compare": self._compare(results),
            "funnel": self._funnel(results),
            "contests": [self._contest(step) for step in results.steps if step.versions and step.counts.sent],
            "steps": self._steps(results),
            "stores": [(one.code, one.name, self._line(one.counts)) for one in results.stores],
            "hours": hours(results=results),
            "left_out": sorted(
                ((self.reasons.get(why, why), people) for why, people in results.left_out.items()),
                key=lambda one: -one[1],
            ),
            "rates": self._rates(results),
        }

    def moment(self, at: datetime) -> str:
        """2026-11-22 14:05 in the shops."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def _as_of(self, results: Results) -> str:
        told = self.words["as_of"].format(at=self.moment(results.as_of))
        if results.began_at is None:
            return told
        key = "open" if results.open_days else "closed"
        return f"{told} · {self.words[key].format(days=results.open_days)}"

    def _verdict(self, results: Results) -> str:
        effect = results.effect
        each = abs(effect.revenue.difference) if effect.revenue else 0.0
        return self.words[effect.verdict].format(each=yuan(Decimal(each).quantize(CENT)))

    def _gain(self, results: Results) -> list[tuple[str, str, str]]:
        """Name, figure, what stands below it."""
        effect, words = results.effect, self.words
        told = [
            (words["cost"], yuan(effect.cost.quantize(CENT)), words["cost_guessed"] if results.total.guessed else "")
        ]
        if effect.cost_per_buyer is not None:
            told.append((words["cost_per_buyer"], yuan(effect.cost_per_buyer), ""))
        if effect.incremental is None:
            return [(words["revenue"], yuan(results.total.revenue.quantize(CENT)), ""), *told]
        if effect.cost_per_extra_buyer is not None and effect.verdict == "more":
            told.append((words["cost_per_extra"], yuan(effect.cost_per_extra_buyer), ""))
        money = (
            self._between(yuan(effect.low), yuan(effect.high))
            if effect.low is not None and effect.high is not None
            else ""
        )
        gain = [(words["incremental"], yuan(effect.incremental), money)]
        if effect.roi is not None:
            known = effect.roi_low is not None and effect.roi_high is not None
            gain.append(
                (
                    words["roi"],
                    ratio(effect.roi),
                    self._between(ratio(effect.roi_low), ratio(effect.roi_high)) if known else "",
                )
            )
        return gain + told

    def _between(self, low: str, high: str) -> str:
        return self.words["interval"].format(low=low, high=high)

    def _compare(self, results: Results) -> list[dict[str, Any]]:
        groups = [("treated", results.effect.treated), ("held", results.effect.holdout)]
        shown = [(self.words[name], group) for name, group in groups if group.people]
        most = max((group.interval[1] for _, group in shown), default=0)
        return [
            bar(label=label, hits=group.bought, trials=group.people, most=most, below=self._group(group)) for label, group in shown
        ]  # fmt: skip

    def _group(self, group: Group) -> str:
        mean = yuan(Decimal(group.mean).quantize(CENT))
        return self.words["group"].format(people=number(group.people), mean=mean)

    def _funnel(self, results: Results) -> list[dict[str, Any]]:
        stages = [(name, getattr(results.total, name)) for name in _FUNNEL if name != "clicked" or results.links]
        told: list[dict[str, Any]] = []
        before = 0
        for name, people in stages:
            drop = self.words["drop"].format(share=share((before - people) / before)) if 0 <= people < before else ""
            width = round(100 * people / max(1, results.total.audience), 2)
            told.append({"name": self.words[name], "people": number(people), "width": width, "drop": drop, "key": name})
            before = people
        return told

    def _contest(self, step: StepResult) -> dict[str, Any]:
        judged = [("by_click", "clicked"), ("by_purchase", "bought")]
        if not any(one.counts.clicked for one in step.versions):
            judged = judged[1:]
        return {
            "title": self.words["versions_of"].format(number=step.number),
            "texts": [(one.label, one.text, number(one.counts.sent)) for one in step.versions],
            "sent_to_rest": self._rest(step),
            "judged": [self._judged(step, by, name) for by, name in judged],
        }

    def _rest(self, step: StepResult) -> str:
        if step.winner is None:
            return ""
        by = self.words["by_click" if step.winner_by == "click" else "by_purchase"]
        key = "sent_to_rest" if step.verdict == "significant" else "sent_unclear"
        return self.words[key].format(by=by, winner=step.winner)

    def _judged(self, step: StepResult, by: str, name: str) -> dict[str, Any]:
        entrants = [
            Entrant(label=one.label, hits=getattr(one.counts, name), trials=one.counts.sent)
            for one in step.versions
            if one.counts.sent
        ]
        found, most = contest(entrants=entrants), max(one.interval[1] for one in entrants)
        return {
            "by": self.words[by],
            "said": self._said(found, self.words[by]),
            "tone": "good" if found.outcome == "clear" else "still",
            "bars": [bar(label=one.label, hits=one.hits, trials=one.trials, most=most) for one in entrants],
        }

    def _said(self, found: Contest, by: str) -> str:
        key = {"clear": "clear", "level": "level", "few": "version_few", "chance": "version_chance"}[found.outcome]
        return self.words[key].format(leader=found.leader, by=by, p=share(found.p_value))

    def _steps(self, results: Results) -> list[tuple[str, str, list[str]]]:
        told = [
            (
                self.words["step_n"].format(number=step.number),
                self.moment(step.began_at) if step.began_at else "–",
                self._line(step.counts),
            )
            for step in results.steps
        ]
        return told if len(told) <= 1 else [*told, (self.words["total"], "", self._line(results.total))]

    def _line(self, counts: Counts) -> list[str]:
        """In the order of the tables' columns."""
        names = (
            "audience",
            "left_out",
            "sent",
            "delivered",
            "failed",
            "clicked",
            "replied",
            "opted_out",
            "complained",
            "bought",
        )
        money = [yuan(one.quantize(CENT)) for one in (counts.revenue, counts.cost)]
        return [*(number(getattr(counts, name)) for name in names), *money]

    def _rates(self, results: Results) -> list[tuple[str, str, str, bool]]:
        """Name, share, what it is, and whether it is over a red line."""
        total, habits, words = results.total, results.habits, self.words
        refused = results.left_out.get("no_consent", 0) + results.left_out.get("opted_out", 0)
        asked = sum(step.counts.audience for step in results.steps)
        about = words["opt_out_about"].format(days=results.days)
        told = [
            (words["consent_rate"], asked - refused, asked, words["consent_about"], None),
            (words["redemption_rate"], habits.redeemed, total.treated, words["redemption_about"], None),
            (
                words["wake_rate"],
                habits.woken,
                habits.asleep,
                words["wake_about"].format(asleep=number(habits.asleep)),
                None,
            ),
            (words["opt_out_rate"], total.opted_out, total.sent, about, _OPT_OUT_LINE),
            (words["complaint_rate"], total.complained, total.sent, words["complaint_about"], _COMPLAINT_LINE),
        ]
        return [
            (name, share(hits / trials), said, line is not None and hits > line * trials)
            for name, hits, trials, said, line in told
            if trials
        ]
