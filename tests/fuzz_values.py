"""Values that software stumbles over, drawn by a seed."""

import json
import random
from typing import Any
from urllib.parse import quote_from_bytes

NUMBERS = (
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" + "0" * 400, "-1", "0", "-0", "NaN", "Infinity",
    "-Infinity", "1e400", "1e-400", "1.5", "0.1", "999999999999", "2147483648", "32768", "٣", "１", "²", "1_000", " 1", "+1", "0x10",
)  # fmt: skip
TIMES = (
    "0000-01-01", "0001-01-01", "9999-12-31", "2026-02-30", "2026-03-02", "2026-03-02T25:00", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "2026-W01-1", "20260302", "infinity", "-infinity", "epoch", "now", "99999-01-01", "12:00", "24:00",
    "23:59:60", "25:61", "2026-11", "0001-01", "9999-12", "0000-00", "2026-13", "10000-01", "2026-03-02T10:00:00.1234567890Z",
)  # fmt: skip
TEXTS = (
    "", "\0", "a\0b", " ", "\ud800", "\udfff", "\U0001f468\u200d\U0001f469", "\u202e", "\ufeff", "\u2028", "İ", "ß", "x" * 5000,
    "张" * 300, "'", '"', "\\", "%", "_", "%s", "{0}", "{称呼}", "{", "}", "{{7*7}}", "${x}", "../../x", "..", "/", "//", "?", "#", "&",
    "=", ";", "\r\n", "\t", "\x7f", "\x1b", "<script>", "&amp;", "null", "None", "true", "false", "undefined", "[]", "{}", "S1", "S2",
    "S9", "13900000001", "+8613900000001", "13900000002", "１３９００００００１", "139", "simulator", "1,2", "id", "-id", "e", "is_null",
    "榴莲爱好者", '有标签 "榴莲爱好者"', "90天未消费 且", "(" * 3000, "不 " * 3000, "90天未消费 且 " * 500, "yes", "delete", "next",
)  # fmt: skip
# What takes the place of a whole body.
BODIES = (
    b"", b"null", b"[]", b"1", b'"x"', b"{", b"[" * 10_000, b'{"a":' * 10_000, b"[" * 10_000 + b"]" * 10_000,
    b'{"name":' + b"[" * 900 + b"]" * 900 + b"}", b'{"name":"a","name":"b"}', b"\xff\xfe", b"\xef\xbb\xbf{}", "{}".encode("utf-16"),
    b'{"x":1e999}', b'{"x":NaN}', b'{"x":' + b"9" * 5000 + b"}", b"\0", b"%ff=%00&a=%ed%a0%80", b"%", b"a=%", b"=", b"&&&",
    b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n', b"&".join(b"a%d=1" % n for n in range(2000)),
    b"{" + b",".join(b'"k%d":1' % n for n in range(5000)) + b"}", b'"\\ud800"', b'{"\\ud800":1}',
)  # fmt: skip
KINDS = (
    b"application/json", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"multipart/form-data", b"text/plain",
    b"application/json; charset=utf-16", b"application/json; charset=nonsense", b"", b"\xff", b"text/plain; charset=\xff",
)  # fmt: skip
HEADERS = (
    (b"accept", b"\xff"), (b"accept", b"application/xml"), (b"accept-language", b"xx"), (b"origin", b"http://["), (b"origin", b"null"),
    (b"host", b"["), (b"x-forwarded-for", b"a,\xff,1"), (b"content-length", b"-1"), (b"content-length", b"9" * 50),
    (b"content-length", b"abc"), (b"range", b"bytes=9-1"), (b"if-modified-since", b"x"), (b"cookie", b"id"), (b"upgrade", b"websocket"),
    (b"cookie", b"id=\xff; csrftoken=\xe9"), (b"cookie", b'a="; ;;=;'), (b"cookie", b"$=;\0"), (b"transfer-encoding", b"chunked"),
    (b"x-csrftoken", b"\xff"), (b"user-agent", b"\xff" * 3000), (b"x-request-id", b"\xff"), (b"authorization", b"Bearer \xff"),
    (b"authorization", b"Basic"), (b"content-encoding", b"gzip"), (b"purpose", b"\xff"), (b"hx-request", b"true"),
    (b"forwarded", b'for="'), (b"x-forwarded-proto", b"\xff"), (b"x-http-method-override", b"DELETE"),
)  # fmt: skip
QUERIES = (b"%ff=%ff", b"%ff=%00", b"a=%", b"&" * 3000, b"a=1&" * 3000, b";", b"part[]=1", b"id[]=1")
# In place of a number or a word of a path.
PLACES = (
    "1", "2", "3", "0", "-1", "9223372036854775807", "9223372036854775808", "1" + "0" * 400, "%00", "%ff", "%ed%a0%80", "..",
    "%2e%2e", "%2F", "x" * 3000, "abc123", "S1", "simulator", "campaigns.js", "%E5%BC%A0", "1%0a", "+1", "%201", "01", "1_0", "%D9%A3",
    "1.0", "R1", "R2", "13900000001", "%2B8613900000001",
)  # fmt: skip
_DEEPEST = 3
_LEAVES: tuple[Any, ...] = (
    0, 1, 2, -1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 10**30, 1.5, -0.0, 1e308, 0.1, float("nan"), float("inf"), 1e-320, None, True,
    False,
)  # fmt: skip


class Odd(random.Random):
    """Draws them."""

    def often(self, share: float) -> bool:
        return self.random() < share

    def text(self) -> str:
        if self.often(0.85):
            return self.choice(self.choice((NUMBERS, TIMES, TEXTS, TEXTS)))
        ranges = ((32, 127), (0, 0x3000), (0x4E00, 0x9FFF), (0x10000, 0x110000))
        return "".join(chr(self.randrange(*self.choice(ranges))) for _ in range(self.randrange(1, 12)))

    def json(self, depth: int = 0) -> Any:
        kind = self.random()
        if kind < 0.45:
            return self.text()
        if kind < 0.75 or depth > _DEEPEST:
            return self.choice(_LEAVES)
        values = [self.json(depth + 1) for _ in range(self.randrange(4))]
        return values if kind < 0.88 else {self.text(): value for value in values}

    def place(self) -> str:
        return self.choice(("1", "1", "1", "2")) if self.often(0.6) else self.choice(PLACES)

    def address(self) -> str:
        return f"10.{self.randrange(250)}.{self.randrange(250)}.1"

    def query(self, names: list[str]) -> bytes:
        if self.often(0.05):
            return self.choice(QUERIES)
        return encoded([(self.choice(names), self.text()) for _ in range(self.randrange(4))])


def dumped(value: Any) -> bytes:
    """JSON with whatever is in it; as text a client can send half a character."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def encoded(pairs: list[tuple[str, str]]) -> bytes:
    return "&".join(
        "=".join(quote_from_bytes(one.encode("utf-8", "surrogatepass")) for one in pair) for pair in pairs
    ).encode()
