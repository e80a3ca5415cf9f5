"""How members are found: by full number, by its last digits, by the characters of a name; each by an index."""

import re
import unicodedata

from admin.lists_params import Match
from admin.lists_refusals import FULL_PHONE_HERE, FULL_PHONE_ONLY, PHONE, bad_value
from admin.lists_text import caseless, escaped, like
from admin.lists_view import View, Where
from rules.phones import normalise_phone
from rules.refusals import Refusal

_TAIL = re.compile(r"[0-9]{4,10}")
_HEAD = re.compile(r"1[0-9]{0,10}")
_ABROAD = re.compile(r"\+[1-9][0-9]{6,14}")
# What comes along when a number is pasted from a contact or a chat.
_NOISE = re.compile(r"[\s\-()\u2010-\u2015\u200b-\u200f\u202a-\u202e\ufeff]")
_HELD = 't."phone"'
_CHARACTERS = "string_to_array(lower({}), NULL)"


def full_number(*, text: str) -> str | None:
    """The stored form of a whole number, or None."""
    try:
        return normalise_phone(text=text)
    except Refusal:
        cleaned = _cleaned(text)
        return cleaned if _ABROAD.fullmatch(cleaned) else None


def last_digits(*, text: str) -> str | None:
    """Four to ten digits by which people name the end of a number, or None."""
    cleaned = _cleaned(text)
    return cleaned if _TAIL.fullmatch(cleaned) else None


def by_phone(*, view: View, where: Where, text: str, match: Match) -> None:
    """Adds the condition. Raises Refusal bad_value for what is neither a number nor a part that may be asked for."""
    is_member = view.screen.tablename == "member"
    number, digits, cleaned = full_number(text=text), last_digits(text=text), _cleaned(text)
    if number is not None:
        by_number(view=view, where=where, number=number)
    elif "phone" in view.hidden:
        raise bad_value(label=view.label(name="phone"), hint=FULL_PHONE_ONLY)
    elif match == "starts" and _HEAD.fullmatch(cleaned):
        where.parts.append(f"{_HELD} ^@ {where.bind('+86' + cleaned, 'text')}")
    elif is_member and match in {"contains", "ends"} and digits is not None:
        by_tail(view=view, where=where, digits=digits)
    else:
        raise bad_value(label=view.label(name="phone"), hint=PHONE if is_member else FULL_PHONE_HERE)


def by_number(*, view: View, where: Where, number: str) -> None:
    """Exactly this stored number; for a role that reads none, the rows of the member who has it."""
    wanted = where.bind(number, "text")
    where.by_search = True
    if "phone" not in view.hidden:
        where.parts.append(f"{_HELD} = {wanted}")
        return
    of_member = "id" if view.screen.tablename == "member" else "member"
    where.parts.append(f't."{of_member}" = (SELECT deed.member_of_phone({wanted}))')


def by_tail(*, view: View, where: Where, digits: str) -> None:
    """Members whose number ends like this; for roles that read numbers."""
    where.by_search = True
    if view.own_column is not None:
        where.parts.append(f't."id" IN (SELECT deed.members_of_tail({where.bind(digits, "text")}))')
        return
    first, beyond = where.bind(digits[::-1], "text"), where.bind(digits[::-1] + ":", "text")
    where.parts.append(f"reverse({_HELD}) ~>=~ {first} AND reverse({_HELD}) ~<~ {beyond}")


def by_name(*, view: View, where: Where, text: str, match: Match, newest: int | None = None) -> None:
    """Members whose name holds the text: its characters by index, then their order. `newest`: so many of each of the
    caller's stores will do.
    """
    if not text:
        if match == "exact":
            where.parts.append("t.\"name\" = ''")
        return
    letters = where.bind(text, "text")
    # One Chinese character is found by the index alone.
    told = len(text) == 1 and match == "contains" and caseless(text)
    if match == "exact":
        where.rechecks.append(f't."name" = {letters}')
    if view.own_column is not None:
        pattern = where.bind(None if told else escaped(text=text, match=match), "text")
        most = where.bind(None if match == "exact" else newest, "integer")
        where.parts.append(f't."id" IN (SELECT deed.members_named({letters}, {pattern}, {most}))')
        where.by_search = True
        return
    where.parts.append(f"{_CHARACTERS.format('t.name')} @> {_CHARACTERS.format(letters)}")
    if not told and match != "exact":
        where.rechecks.append(like(where=where, held='t."name"', text=text, match=match))


def _cleaned(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text))
