"""In which encoding a text file is, found by reading all of it once, in chunks, before a row is taken."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from rules.refusals import Refusal

_CHUNK = 1 << 19  # a line of twice that leaves at least one chunk without a line end
# So many bytes of good multi-byte UTF-8 do not come about by chance in a GB18030 file: it is UTF-8 with damage.
_SURELY_UTF8 = 16
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HEAD = 4096
_OFTEN = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoding:
    """The codec; whether lines may hold what is no text (NUL, broken characters); whether a line may not be a row."""

    codec: str
    suspect: bool
    odd_lines: bool


def find_encoding(*, path: Path) -> Encoding:
    """UTF-8 (with or without BOM) or GB18030. Raises Refusal `bad_encoding` with the place of the first bad byte.

    A character cut off by the end of the file, and damage inside what is surely UTF-8, cost rows, not the file.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if _looks_like_utf16(head):
        raise Refusal(
            code="bad_encoding",
            en="The file is UTF-16, or no text: save it again as “CSV UTF-8” or as XLSX.",
            zh="文件是 UTF-16 编码或不是文本：请另存为“CSV UTF-8”或 XLSX。",
        )
    bom = head.startswith(codecs.BOM_UTF8)
    utf8 = _scan(path, codec="utf-8")
    if utf8.bad_at is None or bom or utf8.extra_bytes >= _SURELY_UTF8:
        return Encoding(
            codec="utf-8-sig" if bom else "utf-8",
            suspect=utf8.bad_at is not None or utf8.flaws,
            odd_lines=utf8.odd_lines,
        )
    gb18030 = _scan(path, codec="gb18030")
    if gb18030.bad_at is None:
        return Encoding(codec="gb18030", suspect=gb18030.flaws, odd_lines=gb18030.odd_lines)
    raise _neither(utf8.bad_at, gb18030.bad_at)


def _neither(utf8_at: int, gb18030_at: int) -> Refusal:
    return Refusal(
        code="bad_encoding",
        en=f"The file is neither UTF-8 (see byte {utf8_at}) nor GB18030 (see byte {gb18030_at}): "
        "save it again as “CSV UTF-8” or as XLSX.",
        zh=f"文件既不是 UTF-8（见第 {utf8_at} 字节）也不是 GB18030（见第 {gb18030_at} 字节）："
        "请另存为“CSV UTF-8”或 XLSX。",
    )


def _looks_like_utf16(head: bytes) -> bool:
    """By its mark, or by zeros in every other place; the zeros that a power cut leaves stand in all places."""
    fewer, more = sorted((head[0::2].count(0), head[1::2].count(0)))
    return head.startswith(_UTF16) or (more * _OFTEN > len(head) and fewer * _OFTEN < more)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scan:
    bad_at: int | None  # offset of the first byte that the codec refuses
    extra_bytes: int  # bytes beyond one a character, before that
    flaws: bool  # NUL bytes, or a character cut off by the end of the file
    odd_lines: bool  # quotes, or perhaps a line longer than a chunk


def _scan(path: Path, *, codec: str) -> _Scan:
    decoder = codecs.getincrementaldecoder(codec)("strict")
    offset = extra = 0
    nul = odd = False
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            pending = len(decoder.getstate()[0])
            nul = nul or b"\0" in chunk
            odd = odd or b'"' in chunk or b"\n" not in chunk
            try:
                if pending or not chunk.isascii():
                    extra += len(chunk) - len(decoder.decode(chunk))
            except UnicodeDecodeError as error:
                good = error.object[: error.start]
                extra += len(good) - len(good.decode(codec))
                return _Scan(bad_at=offset - pending + error.start, extra_bytes=extra, flaws=nul, odd_lines=True)
            offset += len(chunk)
    return _Scan(bad_at=None, extra_bytes=extra, flaws=nul or bool(decoder.getstate()[0]), odd_lines=odd)
