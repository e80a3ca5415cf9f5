"""Our own script and style beside the stock screen, and the words they need."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from starlette.types import Send

from admin.replies import refuse, reply
from admin.screens import Language, Screen
from admin.texts import TEXTS
from rules.refusals import Refusal

STATIC = Path(__file__).parent / "static"
_KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_FILES = ("screen.js", "pages.js", "screen.css")


@cache
def _content(name: str) -> bytes:
    return (STATIC / name).read_bytes()


def names(*, screens: Mapping[str, Screen], language: Language, zone: ZoneInfo) -> bytes:
    """`window.REGULARS`: what the script calls things."""
    words = {
        "language": language,
        "timezone": zone.key,
        "tables": {name: screen.name.of(language) for name, screen in screens.items()},
        "columns": {
            name: {column: words.of(language) for column, words in screen.columns.items()}
            for name, screen in screens.items()
        },
        "read_only": [name for name, screen in screens.items() if screen.read_only],
        "texts": TEXTS if language == "zh" else {},
    }
    return f"window.REGULARS = {json.dumps(words, ensure_ascii=False)};\n".encode()


async def own_file(*, path: str, screens: Mapping[str, Screen], language: Language, zone: ZoneInfo, send: Send) -> None:
    """`/admin/regulars/…`; the mount adds a slash to every path."""
    name = path.removeprefix("/regulars/").rstrip("/")
    fresh = ((b"cache-control", b"no-cache"),)
    if name == "names.js":
        body = names(screens=screens, language=language, zone=zone)
        await reply(send, status=200, body=body, kind=_KINDS[".js"], headers=fresh)
    elif name in _FILES:
        await reply(send, status=200, body=_content(name), kind=_KINDS[Path(name).suffix], headers=fresh)
    else:
        await refuse(send, refusal=_NO_FILE, language=language)


_NO_FILE = Refusal("not_found", "There is no such file.", "没有这个文件。")
