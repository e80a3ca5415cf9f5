"""How a rule says no."""


class Refusal(ValueError):  # noqa: N818  a refusal is an answer, not an accident
    """A no with its reason: what was wrong, where, and what to do, in both languages.

    `code` is for programs and never changes its meaning; `en` and `zh` are for people. It is raised with what
    the caller may show as it is, so no sentence holds a phone number or a member's name.
    """

    def __init__(self, code: str, en: str, zh: str) -> None:
        super().__init__(code, en, zh)  # all three, so that a refusal survives pickling between processes
        self.code = code
        self.en = en
        self.zh = zh

    def __str__(self) -> str:
        return f"{self.en} / {self.zh}"
