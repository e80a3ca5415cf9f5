"""Texts that a cloud has reviewed: which one a composed text is, and what stands for its placeholders.

A cloud sends no text, only the code of a reviewed one with the values of its placeholders. Ours are composed first, so
the way back has to be quick: by the literal beginning, then by the literal parts from left to right.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from gateways.protocol import ErrorClass, VendorText

LONGEST_TEXT = 500  # signature included; Aliyun 108293, Tencent 382/39023
# A value that holds an address is refused by both clouds (isv.PARAM_NOT_SUPPORT_URL, Tencent 1048).
_ADDRESS = re.compile(
    r"://|www\.|[a-z0-9]\.(?:com|cn|net|org|cc|me|co|io|top|vip|xyz|shop|club|store|site|link|ltd|tech|app|tv|hk|info)"
    r"(?![a-z0-9])|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filed:
    """A composed text in the cloud's words; `values` in the order of the placeholders."""

    code: str
    signature: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pattern:
    code: str
    literals: tuple[str, ...]
    names: tuple[str, ...]

    def values(self, text: str) -> dict[str, str] | None:
        """What stands for the placeholders of a text that begins with the first literal; None when it is another text."""
        at, end = len(self.literals[0]), len(text) - len(self.literals[-1])
        if not self.names:
            return {} if len(text) == at else None
        if not text.endswith(self.literals[-1]):
            return None
        found: dict[str, str] = {}
        for name, after in zip(self.names, self.literals[1:], strict=True):
            last = name == self.names[-1]
            until = end if last else text.find(after, at + 1, end)
            if until <= at:
                return None
            found[name], at = text[at:until], until + len(after)
        return found


class FiledTexts:
    """An account's reviewed texts and signatures. `placeholder` has one group, the name; `longest_variable` characters are
    the most that a value may have.
    """

    def __init__(
        self,
        *,
        texts: Sequence[VendorText],
        signatures: Sequence[str],
        placeholder: re.Pattern[str],
        longest_variable: int,
    ) -> None:
        self._signatures = frozenset(signatures)
        self._longest = longest_variable
        self._by_beginning: defaultdict[str, list[_Pattern]] = defaultdict(list)
        for text in texts:
            pieces = placeholder.split(text.text)
            pattern = _Pattern(code=text.code, literals=tuple(pieces[::2]), names=tuple(pieces[1::2]))
            # Without something between two placeholders nobody can tell where the one ends: such a text matches nothing.
            if all(pattern.literals[1:-1]) and any(pattern.literals) and len(set(pattern.names)) == len(pattern.names):
                self._by_beginning[pattern.literals[0]].append(pattern)
        for patterns in self._by_beginning.values():
            patterns.sort(key=lambda pattern: -sum(map(len, pattern.literals)))
        self._lengths = sorted({len(beginning) for beginning in self._by_beginning}, reverse=True)

    def match(self, *, text: str) -> Filed | ErrorClass:
        """The reviewed text that a composed one (【signature】 in front) is, or why it cannot leave here."""
        signature, closed, body = text[1:].partition("】")
        if not text.startswith("【") or not closed or signature not in self._signatures:
            return "signature_blocked"
        if len(text) > LONGEST_TEXT or "【" in body or "】" in body:
            return "content_blocked"
        for length in self._lengths:
            for pattern in self._by_beginning.get(body[:length], ()):
                values = pattern.values(body)
                if values is not None and self._may_leave(values):
                    return Filed(code=pattern.code, signature=signature, values=tuple(values.items()))
        return "content_blocked"

    def _may_leave(self, values: dict[str, str]) -> bool:
        return all(len(value) <= self._longest and not _ADDRESS.search(value) for value in values.values())
