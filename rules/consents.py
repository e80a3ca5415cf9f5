"""What members are asked for, purpose by purpose (个人信息保护法 art. 14: a yes is free, informed and to one purpose)."""

from collections.abc import Mapping

# Chinese, English.
PURPOSES: Mapping[str, tuple[str, str]] = {
    "marketing_sms": ("营销短信", "Marketing SMS"),
    "notice_sms": ("通知短信", "Notice SMS"),
    "personalisation": ("个性化推荐", "Personalisation"),
    "location": ("位置信息", "Location"),
    "health": ("健康信息", "Health"),
    "children": ("不满十四周岁儿童的信息（监护人同意）", "Children under 14 (the guardian's yes)"),
    "partner": ("与合作方共享", "Sharing with partners"),
}
# Sensitive personal information needs a yes of its own (art. 28, 29), that of children under 14 their guardian's (art. 31). The
# database keeps tags and places to it: tables/sql/consents.sql.
SENSITIVE = ("health", "location", "children")


def purpose_of(*, text: str) -> str | None:
    """The purpose that staff wrote: its key, or its name in either language; None: there is no such purpose."""
    wanted = text.strip().casefold()
    for key, names in PURPOSES.items():
        short = names[0].partition("（")[0]
        if wanted and wanted in {key, short, *(name.casefold() for name in names)}:
            return key
    return _SHORT.get(wanted)


_SHORT = {"健康": "health", "位置": "location", "儿童": "children", "儿童信息": "children", "合作方": "partner"}
