"""What operators and gateways say of a message that did not arrive, in our words.

Sources: SMPP 3.4 receipts (`stat`); China Mobile's, Unicom's and Telecom's codes as Tencent (382/3771), Huawei
(iotcom_04_0303) and Qiniu (5849) explain them; Aliyun's own words (101347). A number is dead only where the sources agree
that it is nobody's: a code for "empty, suspended or switched off" is `off_or_absent`, because a dead number is never
written to again.
"""

import re
from collections.abc import Mapping

_CLASSES: Mapping[str, tuple[str, ...]] = {
    "dead_number": (
        "1", "MK:0000", "MK:0001", "MK00001", "MI:0073", "MI:0210", "CB:0001", "CB:0053", "DB:0101", "XL:169", "TA:169",
        "MOBILENUMBERILLEGAL", "EMPTYNUMBER",
    ),
    "off_or_absent": (
        "MOBILENOTONSERVICE", "INVALIDNUMBER", "MOBLLETERMINALERROR", "MOBILETERMINALERROR", "MOBILEACCOUNTABNORMAL",
        "UNDELIV", "UNDELIVRD", "5", "12", "640", "IB:0064", "IC:0001", "MC:0055", "MC:0151", "DB:0102", "ABSENT", "POWEROFF",
    ),
    "blacklisted": (
        "MOBILEINBLACK", "USERREJECT", "CUSTOMERREFUSED", "BLACKKEYCONTROLLIMIT",
        "BLACK", "MBBLACK", "TDBLACK", "WBLACK", "MOBILEBLACK", "BWLIST", "HIGRISK", "TUIDING", "MB:1077", "DB:0139",
        "DB:0141", "DB:0144", "DB00144", "DB:0164", "MX:0011", "MX:0012", "TC:0001", "TD:0001", "TD:19", "HD:19",
    ),
    "capped": ("MOBILESENDLIMIT", "LIMIT", "BUSINESSLIMITCONTROL", "MX:0003", "TE:0003", "MI:0079", "XA:0100", "908"),
    "content_blocked": (
        "CONTENTKEYWORD", "CONTENTERROR", "UNSUPPORTEDCONTENT", "SMSCONTENTILLEGAL", "SMSCONTENTMISMATCHTEMPLATETYPE",
        "KEYWORD", "TC:0007", "TD:0004", "TE:0014", "XA:0004", "XA:0005",
    ),
    "signature_blocked": (
        "SIGNATUREBLACKLIST", "PORTNOTREGISTERED", "SMSSIGNILLEGAL", "SMSSIGNATUREILLEGAL",
        "NOSEND", "SIGFAIL", "NOTITLE", "XA:0002", "XA:0003",
    ),
    "expired": ("REQUESTSUCCESS", "EXPIRED", "DELETED"),
    "rate": ("IB:0008", "DB:9007", "MI:0061", "MI:0062"),
    "no_balance": ("AMOUNTNOTENOUGH", "OUTOFSERVICE"),
    "gateway_down": ("ISCLOSE", "COMFAIL", "WTNFAIL", "NOROUTE"),
}  # fmt: skip
_CLASS_OF = {word: name for name, words in _CLASSES.items() for word in words}
_NOISE = re.compile(r"[\s_.-]+")
_CLOUD = re.compile(r"^IS[VP](?=[A-Z])")
# China Telecom writes its own number behind the word: UNDELIV_640.
_NUMBERED = re.compile(r"(UNDELIV|EXPIRED|DELETED|REJECTD)\d+")
# China Mobile's codes for "the phone": off, suspended, no signal, no memory.
_PHONE = re.compile(r"M[IKN]:\d{4}")


def error_class_of(*, word: str) -> str:
    """The error class (gateways.protocol.ErrorClass) of a delivery word, whatever its case and spaces; `unknown` for a word
    that nobody has explained or that only says no (REJECTD).
    """
    plain = _CLOUD.sub("", _NOISE.sub("", word).upper())
    numbered = _NUMBERED.fullmatch(plain)
    known = _CLASS_OF.get(numbered[1] if numbered else plain)
    if known is None and _PHONE.fullmatch(plain):
        return "off_or_absent"
    return known or "unknown"
