"""What Aliyun's error codes mean for a message (help.aliyun.com 101346 and the common errors of its OpenAPI)."""

from collections.abc import Mapping

from gateways.cloud import Refused

_BROKEN = Refused(state="unknown", error_class="gateway_down")
# Keys, rights, contract: the account cannot send until somebody looks at it.
_ACCOUNT = Refused(state="elsewhere", error_class="gateway_down")
_BALANCE = Refused(state="elsewhere", error_class="no_balance")
_SIGNATURE = Refused(state="elsewhere", error_class="signature_blocked")
_TEXT = Refused(state="elsewhere", error_class="content_blocked")
_VALUE = Refused(state="elsewhere", error_class="content_blocked", single=True)
# Later today, or this minute: said of one number.
_CAPPED = Refused(state="elsewhere", error_class="capped", single=True)
_MINUTE = Refused(state="again", error_class="capped", single=True)
_RATE = Refused(state="again", error_class="rate")
# The person once said no, or complained: no other way round either.
_REFUSED = Refused(state="failed", error_class="blacklisted", single=True)

_MEANINGS: Mapping[str, Refused] = {
    "isv.MOBILE_NUMBER_ILLEGAL": Refused(state="failed", error_class="dead_number", single=True),
    "isv.BLACK_KEY_CONTROL_LIMIT": _REFUSED,
    "isv.CUSTOMER_REFUSED": _REFUSED,
    "isv.BUSINESS_LIMIT_CONTROL": _CAPPED,
    "isv.DAY_LIMIT_CONTROL": Refused(state="elsewhere", error_class="capped"),
    "isv.MONTH_LIMIT_CONTROL": Refused(state="elsewhere", error_class="capped"),
    "isv.SMS_TEMPLATE_ILLEGAL": _TEXT,
    "isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE": _TEXT,
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": _VALUE,
    "isv.TEMPLATE_MISSING_PARAMETERS": _VALUE,
    "isv.TEMPLATE_PARAMS_ILLEGAL": _VALUE,
    "isv.INVALID_JSON_PARAM": _VALUE,
    "isv.PARAM_LENGTH_LIMIT": _VALUE,
    "isv.PARAM_NOT_SUPPORT_URL": _VALUE,
    "isv.SMS_CONTENT_ILLEGAL": _VALUE,
    "isv.UNSUPPORTED_CONTENT": _VALUE,
    "isv.SMS_SIGNATURE_ILLEGAL": _SIGNATURE,
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": _SIGNATURE,
    "isv.SMS_SIGN_ILLEGAL": _SIGNATURE,
    "isv.SIGN_NAME_ILLEGAL": _SIGNATURE,
    "isv.SIGN_STATE_ILLEGAL": _SIGNATURE,
    "SIGNATURE_BLACKLIST": _SIGNATURE,
    "PORT_NOT_REGISTERED": _SIGNATURE,
    "isv.AMOUNT_NOT_ENOUGH": _BALANCE,
    "isv.OUT_OF_SERVICE": _BALANCE,
    "isv.QPS_LIMIT_CONTROL": _RATE,
}
_BEGINNINGS: Mapping[str, Refused] = {
    "Throttling": _RATE,
    "InternalError": _BROKEN,
    "ServiceUnavailable": _BROKEN,
    "isp.RAM_PERMISSION_DENY": _ACCOUNT,
    "isp.": _BROKEN,
}


def meaning(*, code: str, message: str) -> Refused:
    """What a code other than OK means; `message` is the vendor's, which tells a cap of minutes from one of days."""
    if code == "isv.BUSINESS_LIMIT_CONTROL" and "分钟" in message:
        return _MINUTE
    if code in _MEANINGS:
        return _MEANINGS[code]
    return next((means for beginning, means in _BEGINNINGS.items() if code.startswith(beginning)), _ACCOUNT)
