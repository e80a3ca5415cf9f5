"""Text that somebody typed as a pattern: their % and _ stand for themselves."""

import re
from itertools import product

from admin.lists_params import Match
from admin.lists_view import Where

_SPECIAL = re.compile(r"([\\%_])")
# Up to 2 ** 3 beginnings are looked up one by one.
_MOST_LETTERS = 3


def caseless(text: str) -> bool:
    """Whether the text has no capital and no small letters, as Chinese has none."""
    return text.lower() == text.upper()


def escaped(*, text: str, match: Match) -> str:
    """The pattern of LIKE; for `exact` the text itself."""
    before = "%" if match in {"contains", "ends"} else ""
    after = "%" if match in {"contains", "starts"} else ""
    return before + _SPECIAL.sub(r"\\\1", text) + after


def like(*, where: Where, held: str, text: str, match: Match) -> str:
    """The condition that `held` contains, starts or ends with the text, in capital or small letters alike."""
    written = _writings(text) if match == "starts" else []
    if not written and not caseless(text):
        return f"{held} ILIKE {where.bind(escaped(text=text, match=match), 'text')}"
    patterns = [where.bind(escaped(text=one, match=match), "text") for one in written or [text]]
    # LIKE costs a fraction of ILIKE, and an index finds how a text begins.
    return f"({' OR '.join(f'{held} LIKE {pattern}' for pattern in patterns)})"


def _writings(text: str) -> list[str]:
    """A text of few letters in all capitals and small letters; empty for one of many."""
    choices = [sorted({one.lower(), one, one.upper()}) for one in text]
    letters = sum(len(choice) > 1 for choice in choices)
    return ["".join(one) for one in product(*choices)] if letters <= _MOST_LETTERS else []
