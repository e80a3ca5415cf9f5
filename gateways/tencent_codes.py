"""What Tencent's error codes mean for a message (cloud.tencent.com 382/59177; the numbers of the old interface in brackets).

The same code may stand at one number or refuse a whole call.
"""

from collections.abc import Mapping

from gateways.cloud import Refused

_BROKEN = Refused(state="unknown", error_class="gateway_down")
# Keys, rights, contract: the account cannot send until somebody looks at it.
_ACCOUNT = Refused(state="elsewhere", error_class="gateway_down")
_BALANCE = Refused(state="elsewhere", error_class="no_balance")
_SIGNATURE = Refused(state="elsewhere", error_class="signature_blocked")
_TEXT = Refused(state="elsewhere", error_class="content_blocked")
_CAPPED = Refused(state="elsewhere", error_class="capped", single=True)
_SOON = Refused(state="again", error_class="capped", single=True)
_DEAD = Refused(state="failed", error_class="dead_number", single=True)
_RATE = Refused(state="again", error_class="rate")

_MEANINGS: Mapping[str, Refused] = {
    "InvalidParameterValue.IncorrectPhoneNumber": _DEAD,  # 1016
    "FailedOperation.PhoneNumberParseFail": _DEAD,
    "FailedOperation.PhoneNumberInBlacklist": Refused(state="failed", error_class="blacklisted", single=True),  # 1015
    "LimitExceeded.PhoneNumberThirtySecondLimit": _SOON,  # 1023
    "LimitExceeded.DeliveryFrequencyLimit": _SOON,  # 1013
    "LimitExceeded.PhoneNumberOneHourLimit": _CAPPED,  # 1024
    "LimitExceeded.PhoneNumberDailyLimit": _CAPPED,  # 1025
    "LimitExceeded.PhoneNumberSameContentDailyLimit": _CAPPED,  # 1026
    "FailedOperation.MarketingSendTimeConstraint": Refused(state="again", error_class="capped"),  # 1029, 22:00 to 8:00
    "LimitExceeded.GlobalSmsSendingRateLimit": _RATE,
    "FailedOperation.SignatureIncorrectOrUnapproved": _SIGNATURE,  # 1012
    "FailedOperation.MissingSignatureList": _SIGNATURE,
    "FailedOperation.TemplateIncorrectOrUnapproved": _TEXT,  # 1014
    "FailedOperation.TemplateUnapprovedOrNotExist": _TEXT,
    "FailedOperation.TemplateIdNotExist": _TEXT,
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": _TEXT,
    "FailedOperation.MissingTemplateList": _TEXT,
    "FailedOperation.ContainSensitiveWord": _TEXT,  # 1002
    "InvalidParameter.DirtyWordFound": _TEXT,
    "InvalidParameterValue.ContentLengthLimit": _TEXT,  # 1017
    "InvalidParameterValue.TemplateParameterFormatError": _TEXT,  # 1038
    "InvalidParameterValue.TemplateParameterLengthLimit": _TEXT,  # 1036
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": _TEXT,  # 1048
    "InvalidParameterValue.UnsupportedTemplateVariable": _TEXT,
    "InvalidParameterValue.MarketingTemplateWithoutUnsubscribe": _TEXT,
    "UnsupportedOperation.UnsupportedRegion": Refused(state="elsewhere", error_class="content_blocked", single=True),
    "FailedOperation.InsufficientBalanceInSmsPackage": _BALANCE,  # 1031
    "UnauthorizedOperation.ServiceSuspendDueToArrears": _BALANCE,  # 1033
    "ResourceInsufficient": _BALANCE,
    # The clock, the key or the interface: refused at the door. The other InternalErrors happened behind it.
    "InternalError.JsonParseFail": _ACCOUNT,
    "InternalError.RequestTimeException": _ACCOUNT,
    "InternalError.RestApiInterfaceNotExist": _ACCOUNT,
    "InternalError.SigFieldMissing": _ACCOUNT,
    "InternalError.SigVerificationFail": _ACCOUNT,
}
_BEGINNINGS: Mapping[str, Refused] = {
    "InternalError": _BROKEN,
    "ServiceUnavailable": _BROKEN,
    "RequestLimitExceeded": _RATE,
    "AuthFailure.RequestLimitExceeded": _RATE,
    "LimitExceeded.PhoneNumberCountLimit": _ACCOUNT,  # 1046; more in one call than we ever offer
    "LimitExceeded.": Refused(state="elsewhere", error_class="capped"),  # the application's own daily limits
    "UnsupportedOperation.": _TEXT,
}


def meaning(*, code: str) -> Refused:
    """What a code other than Ok means."""
    if code in _MEANINGS:
        return _MEANINGS[code]
    return next((means for beginning, means in _BEGINNINGS.items() if code.startswith(beginning)), _ACCOUNT)
