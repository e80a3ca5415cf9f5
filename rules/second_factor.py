"""Second factors: codes of an authenticator (RFC 6238, 6 digits of half a minute), and the recovery codes beside it."""

import hashlib
import hmac
from datetime import datetime
from unicodedata import normalize

import pyotp

from rules.refusals import Refusal

STEP_SECONDS = 30
# A phone and a server are rarely in step; one half minute either way is what RFC 6238 grants.
_SKEW = 1
# So far off it is a wrong clock and no longer a wrong code: told, because nobody would find out alone.
_FAR = 20
RECOVERY_CODES = 8
# Without those that are read wrongly from paper.
RECOVERY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_LENGTH = 12
_DIGITS = 6


def enrolment(*, secret: str, username: str, site: str) -> str:
    """The address (otpauth://) that an authenticator reads from a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=site)


def plain(*, typed: str) -> str:
    """A code as it is compared: without the spaces and hyphens that it is shown with, in the narrow letters of a keyboard."""
    return "".join(letter for letter in normalize("NFKC", typed).casefold() if letter not in " -")


def is_recovery(*, code: str) -> bool:
    """Whether a plain code can only be one of paper."""
    return len(code) == RECOVERY_LENGTH


def accepted_step(*, secret: str, code: str, at: datetime, last_step: int) -> int:
    """The half minute (number since 1970) that a plain code is of, never one that was taken before.

    Raises Refusal factor_wrong, factor_used, clock_skewed.
    """
    now = int(at.timestamp()) // STEP_SECONDS
    matching = [step for step in range(now - _FAR, now + _FAR + 1) if _matches(secret, code, step)]
    near = [step for step in matching if abs(step - now) <= _SKEW]
    fresh = [step for step in near if step > last_step]
    if fresh:
        return fresh[0]
    if near:
        raise Refusal(
            "factor_used", "This code was used already: wait for the next one.", "该验证码已使用过：请等待下一个。"
        )
    if matching:
        raise _skewed(min(matching, key=lambda step: abs(step - now)) - now)
    raise wrong_code()


def recovery_hash(*, secret: str, staff: int, code: str) -> str:
    """What is kept of a plain recovery code: keyed with the installation's secret and its owner (id)."""
    return hmac.new(secret.encode(), f"recovery:{staff}:{code}".encode(), hashlib.sha256).hexdigest()


def shown(*, code: str) -> str:
    """A recovery code in groups of four, as people copy it."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def wrong_code() -> Refusal:
    """No code of this authenticator and no unused recovery code."""
    return Refusal(
        "factor_wrong",
        "The code is wrong: type the 6 digits that your authenticator shows now, or a recovery code not used yet.",
        "验证码不正确：请输入验证器当前显示的 6 位数字，或一个未使用过的恢复码。",
    )


def _matches(secret: str, code: str, step: int) -> bool:
    expected = pyotp.TOTP(secret, digits=_DIGITS).generate_otp(step)
    return hmac.compare_digest(expected.encode(), code.encode("utf-8", "replace"))


def _skewed(steps: int) -> Refusal:
    minutes = max(round(abs(steps) * STEP_SECONDS / 60), 1)
    way_en, way_zh = ("ahead of", "快") if steps > 0 else ("behind", "慢")
    return Refusal(
        "clock_skewed",
        f"Your phone's clock is about {minutes} min {way_en} the server's: set both to automatic time, then type a new code.",
        f"您的手机时间比服务器{way_zh}约 {minutes} 分钟：请将两者都设为自动校时，再输入新的验证码。",
    )
