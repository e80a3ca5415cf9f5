"""Short links: their codes, where they may lead, and who follows them: a person with some device, or a programme that looks."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args
from urllib.parse import quote, urlsplit

from crawleruseragents import is_crawler

from rules.refusals import Refusal

Device = Literal["phone", "tablet", "desktop", "other"]
# A member's no on the page of a link: to marketing, to notices too, or to half of the marketing.
Choice = Literal["marketing", "everything", "fewer"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
LONGEST_URL = 2_000
# Longer ones are made up; what a real one says is in the beginning.
_LONGEST_AGENT = 512
# Some phones take the words right behind an address for a part of it: 「…/s/Ab3dEf9hIj拒收请回复R」.
_CODE = re.compile(r"[A-Za-z0-9_-]{10}(?![A-Za-z0-9_-])")
_SAFE = "/?&=#%:;,@!$'()*+~[]-._"
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
# What the list of crawlers does not have: previews of messengers, and the libraries of phones.
_LOOKS = re.compile(r"GoogleMessages|preview|QQ-URL-Manager|snippet", re.IGNORECASE)
# A browser of people that bears the name of a crawler.
_BROWSES = re.compile(r"Sogou(?:MSE|Mobile\w*)")
_TABLET = re.compile(r"iPad|Tablet|PlayBook|Kindle|Silk(?!.*Mobile)|Android(?!.*Mobile)|HarmonyOS(?!.*Mobile)")
_PHONE = re.compile(r"Mobile|iPhone|iPod|Phone|Opera Mini")
_DESKTOP = re.compile(r"Windows NT|Macintosh|X11|CrOS|\(PC;")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who follows a link; `is_preview`: no person, but a programme that looked. An iPad that asks for desktop pages is one."""

    device: Device
    is_preview: bool


def code_in(*, text: str) -> str | None:
    """The code at the beginning of what stands behind /s/; None where none can be."""
    found = _CODE.match(text)
    return found[0] if found else None


def link_address(*, public_url: str, code: str) -> str:
    """What is written into a text."""
    return f"{public_url.rstrip('/')}/s/{code}"


def visitor(*, agent: str, purpose: str) -> Visitor:
    """Whom the headers tell of: `agent` is User-Agent, `purpose` whatever Purpose, Sec-Purpose, X-Purpose and X-Moz say."""
    known = _known(agent[:_LONGEST_AGENT])
    return Visitor(known.device, is_preview=True) if "pre" in purpose.lower() else known


@lru_cache(maxsize=4_096)
def _known(agent: str) -> Visitor:
    # Every browser calls itself Mozilla, or Opera; what does not is a library.
    looks = not ("Mozilla/" in agent or "Opera" in agent) or bool(_LOOKS.search(agent))
    return Visitor(_device(agent), is_preview=looks or is_crawler(_BROWSES.sub("", agent)))


def _device(agent: str) -> Device:
    if _TABLET.search(agent):
        return "tablet"
    if _PHONE.search(agent):
        return "phone"
    return "desktop" if _DESKTOP.search(agent) else "other"


def checked_url(*, url: str) -> str:
    """An address as a link may lead to it, in ASCII. Raises Refusal bad_url."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        name = host if ":" in host else host.encode("idna").decode("ascii")
    except ValueError:  # UnicodeError is one
        raise _BAD_URL from None
    if parts.username is not None or parts.password is not None:
        raise Refusal(
            "bad_url",
            "The address holds a user name or a password, which everybody would read: leave them out.",
            "网址中含有用户名或密码，所有人都会看到：请去掉。",
        )
    if parts.scheme not in {"http", "https"} or not url.isprintable() or re.search(r"[\s\\]", url):
        raise _BAD_URL
    if not _HOST.fullmatch(name):
        raise _BAD_URL
    place = f"[{name}]" if ":" in name else name
    rest = url.split("://", 1)[1][len(parts.netloc) :]
    made = f"{parts.scheme}://{place}{f':{port}' if port else ''}{quote(rest, safe=_SAFE)}"
    if len(made) > LONGEST_URL:
        raise _BAD_URL
    return made


_BAD_URL = Refusal(
    "bad_url",
    f"That is not an address that a link can lead to: write https://host/path, at most {LONGEST_URL:,} characters.",
    f"链接不能指向这个网址：请填写 https://主机/路径，最多 {LONGEST_URL} 个字符。",
)
