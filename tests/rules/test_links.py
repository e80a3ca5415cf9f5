"""Links: codes as phones send them, where a link may lead, and who follows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.links import Visitor, checked_url, code_in, link_address, visitor
from rules.refusals import Refusal

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0"
PEOPLE = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 Safari/604.1": "phone",
    f"Mozilla/5.0 (Linux; Android 13; V2183A; wv) {CHROME} Mobile Safari/537.36 XWEB/5127 MMWEBID/7189 MicroMessenger/8.0.38": "phone",
    f"Mozilla/5.0 (Linux; U; Android 12; zh-cn; M2012K11AC) {CHROME} Mobile Safari/537.36 XiaoMi/MiuiBrowser/17.3": "phone",
    f"Mozilla/5.0 (Linux; Android 10; HarmonyOS; NOH-AN00) {CHROME} HuaweiBrowser/14.0 Mobile Safari/537.36": "phone",
    f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {CHROME} ArkWeb/4.1.6.1 Mobile HuaweiBrowser/5.0": "phone",
    f"Mozilla/5.0 (Linux; Android 9; PEGM00) {CHROME} Mobile Safari/537.36 SogouMSE,SogouMobileBrowser/5.28": "phone",
    f"Mozilla/5.0 (Linux; Android 12) {CHROME} Mobile Safari/537.36 aweme_230400 BytedanceWebview/d8a21c6": "phone",
    f"Mozilla/5.0 (Linux; Android 10; CUBOT P40) {CHROME} Mobile Safari/537.36": "phone",
    "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari/604.1": "tablet",
    f"Mozilla/5.0 (Linux; Android 13; SM-X700) {CHROME} Safari/537.36": "tablet",
    f"Mozilla/5.0 (Tablet; OpenHarmony 5.0) {CHROME} ArkWeb/4.1": "tablet",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/138.0": "desktop",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME} Safari/537.36": "desktop",
}  # fmt: skip
PROGRAMMES = [
    # Google Messages, as it was (odoo 167499) and as it is (Crawler-Detect 575).
    f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36 Google (+https://developers.google.com/+/web/snippet/)",
    f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36 GoogleMessages/20.1",
    # iMessage, Outlook, other messengers, search engines, libraries, and what says nothing at all.
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 BingPreview/1.0b",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "WhatsApp/2.23.20.0 A", "TelegramBot (like TwitterBot)", "Mozilla/5.0 QQ-URL-Manager",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)", "Sogou web spider/4.0",
    f"Mozilla/5.0 (X11; Linux x86_64) {CHROME.replace('Chrome', 'HeadlessChrome')} Safari/537.36",
    "Dalvik/2.1.0 (Linux; U; Android 9; MI 6)", "okhttp/4.9.0", "curl/8.5", "CFNetwork/1408 Darwin/22", "",
]  # fmt: skip


@pytest.mark.parametrize(("agent", "device"), PEOPLE.items())
def test_people_are_people_on_their_device(agent: str, device: str) -> None:
    assert visitor(agent=agent, purpose="") == Visitor(device, is_preview=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("agent", PROGRAMMES)
def test_p23_programmes_that_look_are_no_people(agent: str) -> None:
    assert visitor(agent=agent, purpose="").is_preview


@pytest.mark.parametrize("purpose", ["prefetch", " Prefetch;prerender", "preview"])
def test_p23_what_a_browser_fetches_beforehand_was_not_opened(purpose: str) -> None:
    agent, device = next(iter(PEOPLE.items()))
    assert visitor(agent=agent, purpose=purpose) == Visitor(device, is_preview=True)  # type: ignore[arg-type]


@given(st.text(), st.text())
def test_no_header_is_too_odd(agent: str, purpose: str) -> None:
    assert visitor(agent=agent * 50, purpose=purpose).device in {"phone", "tablet", "desktop", "other"}


def test_an_endless_agent_is_read_in_its_beginning() -> None:
    assert visitor(agent="Mozilla/5.0 (iPhone) " + "x" * 100_000 + " Googlebot", purpose="").device == "phone"


@pytest.mark.parametrize("text", ["Ab3dEf9hIj", "Ab3dEf9hIj拒收请回复R", "Ab3dEf9hIj。", "Ab3dEf9hIj ", "Ab3dEf9hIj)"])
def test_what_a_phone_glued_to_a_code_is_left_out(text: str) -> None:
    assert code_in(text=text) == "Ab3dEf9hIj"


@pytest.mark.parametrize(
    "text", ["", "Ab3dEf9hI", "Ab3dEf9hIjk", "Ab3dEf9hI\x00", "../../etc/", "' OR 1=1--", "Аb3dEf9hIj", "０１２３４５６７８９"]
)  # fmt: skip
def test_what_is_no_code_is_none(text: str) -> None:
    assert code_in(text=text) is None


def test_the_address_in_a_text() -> None:
    assert (
        link_address(public_url="https://crm.example.cn/", code="Ab3dEf9hIj") == "https://crm.example.cn/s/Ab3dEf9hIj"
    )


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("https://example.cn", "https://example.cn"),
        ("http://example.cn:8080/a?b=c&d=%E4%B8%AD#e", "http://example.cn:8080/a?b=c&d=%E4%B8%AD#e"),
        ("https://example.cn/榴莲?q=猫山王", "https://example.cn/%E6%A6%B4%E8%8E%B2?q=%E7%8C%AB%E5%B1%B1%E7%8E%8B"),
        ("https://例子.cn/", "https://xn--fsqu00a.cn/"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
    ],
)
def test_a_link_leads_to_any_page(url: str, made: str) -> None:
    assert checked_url(url=url) == made


@pytest.mark.parametrize(
    "url",
    [
        "", "example.cn", "javascript:alert(1)", "ftp://example.cn", "https://", "https:///a", "//example.cn/a", "https://a b.cn",
        "https://example.cn/a\r\nSet-Cookie: x", "https://example.cn/\ud800", "https://who:pass@example.cn", "https://who@example.cn",
        "https://example.cn\\@evil.cn", "https://example.cn:99999", "https://[::1", 'https://a"b.cn', f"https://{'a' * 64}.cn",
        "https://example.cn/" + "a" * 2_000, "https://example.cn/" + "中" * 300,
    ],
)  # fmt: skip
def test_other_targets_are_refused_in_both_languages(url: str) -> None:
    with pytest.raises(Refusal) as refusal:
        checked_url(url=url)
    assert refusal.value.code == "bad_url"
    assert "https://" in refusal.value.zh or "密码" in refusal.value.zh
