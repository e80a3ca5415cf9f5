"""A browser by its User-Agent: in two words of ours, whatever was sent."""

import random

import pytest

from rules.browsers import _BROWSERS, _SYSTEMS, browser_of

WORDS = {name for _, name in (*_BROWSERS, *_SYSTEMS)} | {""}
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36", "Chrome · Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge · Windows"),
        (f"Mozilla/5.0 (Linux; Android 14; PGT-AN00) {WEBKIT} Chrome/116.0.0.0 Mobile Safari/537.36 EdgA/116.0", "Edge · Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
         "Safari · macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142 Mobile Safari/604.1",
         "Chrome · iPhone"),
        (f"Mozilla/5.0 (Linux; Android 14; V2309A; wv) {WEBKIT} Chrome/116 Mobile Safari/537.36 XWEB/1160 MMWEBSDK/1 MicroMessenger/8.0.50",
         "微信 WeChat · Android"),
        (f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {WEBKIT} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1 Mobile HuaweiBrowser/5.1",
         "华为 Huawei · HarmonyOS"),
        (f"Mozilla/5.0 (Windows NT 10.0; WOW64) {WEBKIT} Chrome/94.0 Safari/537.36 Core/1.94 QQBrowser/12.0", "QQ · Windows"),
        ("python-httpx/0.28", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_usual_ones_have_their_names(agent: str, name: str) -> None:
    assert browser_of(agent=agent) == name


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_copied_from_what_was_sent(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  the same on every machine
    pieces = [word for word, _ in (*_BROWSERS, *_SYSTEMS)] + ["<script>", "\0", "陈", "\udcff", " · ", "x" * 2_000]
    said = browser_of(agent="".join(chance.choices(pieces, k=chance.randint(1, 9))))
    assert set(said.split(" · ")) <= WORDS
    assert len(said) <= 40
