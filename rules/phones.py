"""Mainland mobile numbers: one stored form, one shown form."""

import re

from rules.refusals import Refusal

# People paste numbers from contacts and chats: invisible direction marks and full-width characters come along.
_NOISE = dict.fromkeys(map(ord, " \t\u00a0\u3000\u200b\u200e\u200f\u202a\u202c\u202d\ufeff-‐‑–—－−()（）"))
_WIDE = {ord("０") + digit: str(digit) for digit in range(10)} | {ord("＋"): "+", ord("．"): "."}
_CLEAN = str.maketrans(_NOISE | _WIDE)
_PLAIN = re.compile(r"1[3-9][0-9]{9}")
# `.0` is what a spreadsheet adds to a whole number; nothing is lost by it.
_WRITTEN = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})(?:\.0+)?")
_SCIENTIFIC = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE]\+?[0-9]+")
_SHOWN_AT_START, _SHOWN_AT_END = 3, 4


def normalise_phone(*, text: str) -> str:
    """The stored form `+8613912345678` of a mobile number as people write it.

    Takes spaces, dashes, brackets, full-width digits and the prefixes +86, 0086 and 86. The rule is loose
    (`1[3-9]` and nine digits) because new ranges appear. Raises Refusal `bad_phone`, which never quotes the number.
    """
    if _PLAIN.fullmatch(text):
        return "+86" + text
    cleaned = text.translate(_CLEAN).strip()
    found = _WRITTEN.fullmatch(cleaned)
    if found is None:
        raise _refusal(cleaned)
    return "+86" + found[1]


def mask_phone(*, phone: str) -> str:
    """What a screen or a printed list may show of a stored number: 138****5678."""
    digits = phone.removeprefix("+86")
    if len(digits) <= _SHOWN_AT_START + _SHOWN_AT_END:
        return "*" * len(digits)
    return f"{digits[:_SHOWN_AT_START]}****{digits[-_SHOWN_AT_END:]}"


def _refusal(cleaned: str) -> Refusal:
    if _SCIENTIFIC.fullmatch(cleaned):
        return Refusal(
            code="bad_phone",
            en="The phone number was turned into scientific notation and its last digits are lost: "
            "format the column as text in the spreadsheet and enter the number again.",
            zh="手机号已变成科学计数法，末尾数字已丢失：请在表格中把该列设为文本格式后重新填写。",
        )
    digits = sum(character.isdigit() for character in cleaned)
    return Refusal(
        code="bad_phone",
        en=f"Not a mainland mobile number ({digits} digits found): write 11 digits that begin with 13 to 19, "
        "such as 13800138000.",
        zh=f"不是大陆手机号（含 {digits} 位数字）：请填写以 13–19 开头的 11 位号码，例如 13800138000。",
    )
