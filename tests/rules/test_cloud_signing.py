"""The clouds' signatures: against the documented examples and against what the vendors' own SDKs produced.

The SDKs' vectors: alibabacloud-dysmsapi20170525 4.6.0 (alibabacloud-tea-openapi 0.4.6) and tencentcloud-sdk-python-sms
3.1.153, run once outside this repository with keys `testKeyId`/`testKeySecret` and `testId`/`testKey`, the clock at
2031-03-31T05:00:00Z, a fixed nonce, and the request kept instead of sent; headers and Authorization are theirs.
"""

import hashlib
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from rules import aliyun_signing, tencent_signing

NOW = datetime(2031, 3, 31, 5, tzinfo=UTC)
NONCE = "d410180a5abf7fe235dd9b74aca91fc0"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
OF_THE_SDK = {
    "host": "dysmsapi.aliyuncs.com",
    "user-agent": "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2",
    "accept": "application/json",
    "x-acs-credentials-provider": "static_ak",
}
SEND = {
    "OutId": "17",
    "PhoneNumbers": "13900000001",
    "SignName": "回头客",
    "TemplateCode": "SMS_1001",
    "TemplateParam": '{"name":"王 女士*~","n":"3"}',
}
BATCH = {
    "PhoneNumberJson": '["13900000001","13900000002"]',
    "SignNameJson": '["回头客","回头客"]',
    "TemplateParamJson": '[{"name":"王 女士*~"},{"name":"李+&先生"}]',
}
QUERY = {"CurrentPage": "1", "PageSize": "50", "PhoneNumber": "13900000001", "SendDate": "20310331"}


def test_aliyuns_documented_example() -> None:
    """help.aliyun.com, "Request syntax and signature method V3", fixed parameters."""
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}
    assert aliyun_signing.authorization(
        key_id="YourAccessKeyId",
        key_secret="YourAccessKeySecret",  # noqa: S106  the documentation's
        query=query,
        headers=headers,
    ) == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


@pytest.mark.parametrize(
    ("action", "query", "form", "signature"),
    [
        ("SendSms", SEND, {}, "1022af1192b32378df5508225442ca8a05d92a437b7961ceb6daa41c880386b6"),
        (
            "SendBatchSms",
            {"OutId": "17-3", "TemplateCode": "SMS_1001"},
            BATCH,
            "c7ad92fb2e407597e1f5b95bfb76e433a37540975983683281db068dc5efd283",
        ),
        ("QuerySendDetails", QUERY, {}, "5ef98ea363fe7a2c972c0004757986115171c7cec92e36d7e39b50288c54b35f"),
    ],
)
def test_aliyuns_own_sdk(action: str, query: dict[str, str], form: dict[str, str], signature: str) -> None:
    body = urlencode(form).encode()
    headers = OF_THE_SDK | aliyun_signing.headers_to_sign(
        action=action, version="2017-05-25", body=body, now=NOW, nonce=NONCE
    )
    if form:
        headers["content-type"] = "application/x-www-form-urlencoded"
    said = aliyun_signing.authorization(
        key_id="testKeyId",
        key_secret="testKeySecret",  # noqa: S106  made up
        query=query,
        headers=headers,
    )
    assert said == (
        f"ACS3-HMAC-SHA256 Credential=testKeyId,SignedHeaders={';'.join(sorted(headers))},Signature={signature}"
    )


def test_a_batch_is_written_as_the_sdk_writes_it() -> None:
    digest = "3abaa312314966f3b212a104a7a4e5e9b26fb21653425c48775f9285cc37cffe"
    assert hashlib.sha256(urlencode(BATCH).encode()).hexdigest() == digest


def test_tencents_documented_example() -> None:
    """cloud.tencent.com 213/30654."""
    said = tencent_signing.authorization(
        key_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        key_secret="Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",  # noqa: S106  the documentation's
        service="cvm",
        host="cvm.tencentcloudapi.com",
        content_type="application/json; charset=utf-8",
        body=rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}',
        now=datetime.fromtimestamp(1551113065, tz=UTC),
    )
    assert said == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (
            (
                rb'{"PhoneNumberSet": ["+8613900000001", "+8613900000002"], "SmsSdkAppId": "1400006666", '
                rb'"TemplateId": "1001", "SignName": "\u56de\u5934\u5ba2", "TemplateParamSet": ["\u738b\u5973\u58eb", "3"]}'
            ),
            "d76a54181e7f391acfb7a8f71222372635109840759b9c6c8d9a3651fadcbff6",
        ),
        (
            rb'{"Limit": 100, "SmsSdkAppId": "1400006666"}',
            "d08cf54db51979ab912e3120031f8846caa6a161e84243ae0f59765e8ab3fb0e",
        ),
    ],
)
def test_tencents_own_sdk(body: bytes, signature: str) -> None:
    said = tencent_signing.authorization(
        key_id="testId",
        key_secret="testKey",  # noqa: S106  made up
        service="sms",
        host="sms.tencentcloudapi.com",
        content_type="application/json",
        body=body,
        now=NOW,
    )
    assert said == (
        "TC3-HMAC-SHA256 Credential=testId/2031-03-31/sms/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={signature}"
    )
