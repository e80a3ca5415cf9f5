"""Which passwords will do, whoever sets them: the command line, the back office, their owner."""

from rules.refusals import Refusal

SHORTEST, LONGEST = 8, 128
_FEWEST_DIFFERENT = 4
_COMMON = """
password passw0rd password1 12345678 123456789 1234567890 87654321 qwertyui qwertyuiop qwerty123 asdfghjkl 1q2w3e4r
1qaz2wsx abc12345 abcd1234 a1234567 a12345678 aa123456 iloveyou admin123 admin888 woaini1314 woaini520 regulars
11223344 123123123 147258369 changeme letmein1
"""
# How Piccolo marks what it has hashed: such a "password" would be stored as it is.
_HASHED = "pbkdf2_sha256"


def check_password(*, password: str, username: str = "") -> None:
    """Refuse (`weak_password`) what is too short, too long or easily guessed; never quotes it."""
    easy = password.lower() in {username.lower(), *_COMMON.split()} or len(set(password)) < _FEWEST_DIFFERENT
    if easy or password.startswith(_HASHED) or not SHORTEST <= len(password) <= LONGEST:
        raise Refusal(
            code="weak_password",
            en=f"The password is too short, too long or too easily guessed: choose {SHORTEST} to {LONGEST} "
            "characters that are neither a common password nor the username.",
            zh=f"密码太短、太长或太容易被猜到：请使用 {SHORTEST} 到 {LONGEST} 个字符，不要用常见密码或用户名。",
        )
