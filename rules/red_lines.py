"""Red lines (design 4.7): when a campaign stops itself. Only what the figures prove counts, not what chance may have done."""

from dataclasses import dataclass

from rules.statistics import wilson

ENOUGH = 1_000  # messages handed over before a campaign without a canary is judged


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Shares of 1: at least so many of the reported messages have to be `delivered`, and at most so many of those who were
    written to may opt out or complain. HQ edits them as contact rules.
    """

    delivery: float = 0.98
    opt_out: float = 0.003
    complaints: float = 0.001


DEFAULT = Lines()


def judged(
    *, sent: int, reported: int, delivered: int, opted_out: int, complained: int, lines: Lines = DEFAULT
) -> str | None:
    """Why a sending of `sent` messages has to stop: complaints | opt_out | delivery; None: nothing says that it must.

    A line counts as crossed when the whole 95 % interval of its rate (Wilson) lies beyond it. More replies than messages are
    taken as one each.
    """
    if wilson(hits=min(complained, sent), trials=sent)[0] > lines.complaints:
        return "complaints"
    if wilson(hits=min(opted_out, sent), trials=sent)[0] > lines.opt_out:
        return "opt_out"
    if wilson(hits=min(delivered, reported), trials=reported)[1] < lines.delivery:
        return "delivery"
    return None
