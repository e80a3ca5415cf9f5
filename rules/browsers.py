"""A browser in two words, so that people know their own log-ins: which one, on which system. No more of it is kept."""

# By the words of User-Agent (RFC 9110, 10.1.5), in this order: each calls itself by the names of those after it as well.
_BROWSERS = (
    ("MicroMessenger/", "微信 WeChat"),
    ("DingTalk/", "钉钉 DingTalk"),
    ("HuaweiBrowser/", "华为 Huawei"),
    ("MiuiBrowser/", "小米 Mi Browser"),
    ("QQBrowser/", "QQ"),
    ("UCBrowser/", "UC"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_LONGEST = 1_000


def browser_of(*, agent: str) -> str:
    """`Chrome · Windows` of a User-Agent header; what it does not tell is left out, and nothing is copied from it."""
    said = agent[:_LONGEST]
    found = (next((name for word, name in words if word in said), "") for words in (_BROWSERS, _SYSTEMS))
    return " · ".join(name for name in found if name)
