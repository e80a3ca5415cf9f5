"""`make audit`: what is known fails it, what nobody could tell is named, and nothing of the lock files is left out."""

import importlib.metadata
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from pip_audit._service import PyPIService, pypi

from tests import audit

ROOT = Path(__file__).parent.parent
LOCKS = [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]
HASH = "--hash=sha256:" + 64 * "0"
HOLE: dict[str, Any] = {"id": "PYSEC-1", "aliases": ["CVE-1"], "details": "It\nbreaks.", "fixed_in": ["1.2"]}


class Answer:
    def __init__(self, status: int, content: dict[str, Any]) -> None:
        self.status_code = status
        self.content = content

    def json(self) -> dict[str, Any]:
        return self.content

    def raise_for_status(self) -> None:
        if self.status_code != 200:
            raise pypi.requests.HTTPError(str(self.status_code))


class Index:
    """Says what it was given to say, by "name version" or by "name" for the newest; nothing of others."""

    def __init__(self, said: dict[str, dict[str, Any]], *, away: bool = False) -> None:
        self.said = said
        self.away = away
        self.asked = 0

    def get(self, *, url: str, timeout: int) -> Answer:
        assert timeout <= 30
        self.asked += 1
        if self.away:
            raise OSError("no route")
        content = self.said.get(" ".join(url.removesuffix("/json").split("/pypi/")[1].split("/")))
        return Answer(404, {}) if content is None else Answer(200, content)


class Stock(PyPIService):  # type: ignore[misc]  # pip-audit has no types
    """pip-audit's own service, with the index in the place of its session."""

    def __init__(self, index: Index) -> None:
        self.session = index
        self.timeout = 10


def asked(monkeypatch: pytest.MonkeyPatch, lock: Path, index: Index) -> int:
    monkeypatch.setattr(sys, "argv", ["audit", str(lock)])
    monkeypatch.setattr(audit, "PyPIService", lambda *_, **__: Stock(index))
    return audit.main()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "lock.txt"
    path.write_text("".join(f"{one}==1.1 \\\n    {HASH}\n" for one in ("good", "holed", "newest", "older", "strange")))
    return path


SAID: dict[str, dict[str, Any]] = {
    "good 1.1": {"vulnerabilities": []},
    "newest": {"info": {"version": "1.1.0"}, "vulnerabilities": []},
    "older": {"info": {"version": "1.2"}, "vulnerabilities": []},
}


def test_a_known_vulnerability_fails_and_what_nobody_knows_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lock: Path
) -> None:
    assert asked(monkeypatch, lock, Index({**SAID, "holed 1.1": {"vulnerabilities": [HOLE]}})) == 1
    assert capsys.readouterr().out == (
        "3 of 5 audited, 1 vulnerable. Not audited: older 1.1, strange 1.1.\nholed 1.1: PYSEC-1, mended in 1.2: It breaks.\n"
    )
    withdrawn = {"vulnerabilities": [{**HOLE, "withdrawn": "2026-01-01T00:00:00Z"}]}
    assert asked(monkeypatch, lock, Index({**SAID, "holed 1.1": withdrawn})) == 0
    told = "The newest version's own hole is not one of the version that we have."
    newer = {"info": {"version": "1.3"}, "vulnerabilities": [HOLE]}
    assert asked(monkeypatch, lock, Index({**SAID, "holed": newer})) == 0, told
    assert asked(monkeypatch, lock, Index({**SAID, "newest": {**SAID["newest"], "vulnerabilities": [HOLE]}})) == 1


def test_an_index_that_is_away_neither_fails_nor_pretends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lock: Path
) -> None:
    index = Index({}, away=True)
    assert asked(monkeypatch, lock, index) == 0
    assert capsys.readouterr().out.startswith("0 of 5 audited, 0 vulnerable. Not audited: good 1.1, holed 1.1, ")
    assert index.asked == 1, "a hundred packages do not wait for it one after the other"


def test_everything_that_is_installed_by_the_lock_files_is_looked_at() -> None:
    found = audit.audit(locks=LOCKS, service=Stock(Index({}, away=True)))
    named = re.findall(r"^([\w.-]+)==", "".join(lock.read_text() for lock in LOCKS), re.MULTILINE)
    here = {re.sub(r"[-_.]+", "-", one.name).lower() for one in importlib.metadata.distributions()}
    looked_at = [one.split()[0] for one in found.unknown]
    assert set(looked_at) >= here & set(named)
    assert len(here & set(named)) > 80
    assert len(looked_at) == len(set(looked_at)), "each once, whichever file names it"
