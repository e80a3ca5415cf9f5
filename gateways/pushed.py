"""What a cloud pushes to us as JSON: read strictly where it matters, with what is unknown left aside.

Every refusal names the place and the field, never what stood there.
"""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

from gateways.protocol import BadHookError, ErrorClass
from rules.delivery_words import error_class_of
from rules.phones import normalise_phone
from rules.refusals import Refusal

BEIJING = timezone(timedelta(hours=8))
_FORMATS = {19: "%Y-%m-%d %H:%M:%S", 14: "%Y%m%d%H%M%S"}  # by the length of what was written


class Record:
    """One object of a pushed list; `place` is its number for people."""

    def __init__(self, *, place: int, fields: object) -> None:
        if not isinstance(fields, dict):
            raise BadHookError(f"item {place} is not an object")
        self._place = place
        self._fields: dict[str, Any] = fields

    def bad(self, *, name: str) -> BadHookError:
        """The refusal of a field."""
        return BadHookError(f"item {self._place}: {name} is missing or malformed")

    def text(self, *, name: str, longest: int, empty: bool = False) -> str:
        """A text or a whole number; `empty`: it may be missing."""
        value = self._fields.get(name)
        if value is None and empty:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self.bad(name=name)
        text = storable(str(value))
        if len(text) > longest or not (text or empty):
            raise self.bad(name=name)
        return text

    def yes(self, *, name: str) -> bool:
        """A truth value, also when it is written as a text."""
        value = self._fields.get(name)
        said = value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
        if said is None:
            raise self.bad(name=name)
        return said

    def at(self, *, name: str, now: datetime) -> datetime:
        """An instant, written as Beijing time or as Unix seconds; `now` where there is none."""
        text = self.text(name=name, longest=30, empty=True)
        if text in {"", "0"}:
            return now
        try:
            return _instant(text)
        except (ValueError, OverflowError, OSError):
            raise self.bad(name=name) from None


def records(*, body: bytes) -> list[Record]:
    """The objects of a pushed list, or the one object. Raises BadHookError."""
    try:
        said = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise BadHookError("the body is not JSON in UTF-8") from None
    if not isinstance(said, list | dict):
        raise BadHookError("the body is neither a list nor an object")
    return [Record(place=n, fields=one) for n, one in enumerate(said if isinstance(said, list) else [said], start=1)]


def storable(text: str) -> str:
    """A text without what no database keeps. Raises BadHookError for half characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadHookError("the body holds half a character (a lone surrogate)") from None
    return text.replace("\x00", "")


def phone_of(*, text: str) -> str:
    """E.164 where it is a mainland mobile number, else as it came."""
    try:
        return normalise_phone(text=text)
    except Refusal:
        return text


def why(*, word: str) -> ErrorClass:
    """The class of a delivery word."""
    return cast("ErrorClass", error_class_of(word=word))


def _instant(text: str) -> datetime:
    form = _FORMATS.get(len(text))
    if form is None:
        return datetime.fromtimestamp(int(text), tz=UTC)
    return datetime.strptime(text, form).replace(tzinfo=BEIJING).astimezone(UTC)
