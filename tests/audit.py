"""Known vulnerabilities of the versions that a lock file names.

    python -m tests.audit requirements.txt requirements-dev.txt

It ends with 1 where one is known. pip-audit alone says "No known vulnerabilities found" of what nobody could tell it about;
here what could not be looked at is named: the package index may be away, and a mirror may tell of newest versions alone.
"""

import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.version import Version
from pip_audit._dependency_source import RequirementSource
from pip_audit._service import ConnectionError as SourceAwayError
from pip_audit._service import PyPIService, ServiceError


@dataclass
class Audit:
    """`clean`, `unknown` and the keys of `known` are packages with their versions; its values what is wrong with them."""

    clean: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    known: dict[str, list[str]] = field(default_factory=dict)

    def told(self) -> str:
        """In one sentence, and a line for each vulnerability."""
        audited = len(self.clean) + len(self.known)
        lines = [f"{audited} of {audited + len(self.unknown)} audited, {len(self.known)} vulnerable."]
        if self.unknown:
            lines[0] += f" Not audited: {', '.join(self.unknown)}."
        return "\n".join(lines + [f"{package}: {one}" for package, found in self.known.items() for one in found])


class NewestToo:
    """A session that asks for the newest version where the index does not tell of this one, and takes it if it is the same."""

    def __init__(self, *, session: Any) -> None:
        self.session = session

    def get(self, *, url: str, timeout: int | None) -> Any:
        """The index's answer; it is for the version of the address alone."""
        answer = self.session.get(url=url, timeout=timeout)
        if answer.status_code != 404:
            return answer
        package, version, page = url.rsplit("/", 2)
        newest = self.session.get(url=f"{package}/{page}", timeout=timeout)
        same = newest.status_code == 200 and Version(newest.json()["info"]["version"]) == Version(version)
        return newest if same else answer


def audit(*, locks: list[Path], service: Any) -> Audit:
    """Looks at what the lock files (with hashes; nothing is resolved or installed) name for this machine, each once.
    `service` is pip-audit's.
    """
    found, away = Audit(), False
    source = RequirementSource(locks, require_hashes=True, no_deps=True, disable_pip=True)
    for package in sorted(set(source.collect()), key=lambda one: one.name):
        name = f"{package.name} {package.version}"
        vulnerable: list[Any] | None = None
        if not away:
            try:
                seen, told = service.query(package)
                vulnerable = None if seen.is_skipped() else told
            except (SourceAwayError, OSError):
                away = True  # each of a hundred would wait as long as this one
            except ServiceError:
                vulnerable = None
        if vulnerable is None:
            found.unknown.append(name)
        elif vulnerable:
            found.known[name] = [_said(one) for one in vulnerable]
        else:
            found.clean.append(name)
    return found


def _said(one: Any) -> str:
    fixed = ", ".join(str(version) for version in one.fix_versions)
    return f"{one.id}, {f'mended in {fixed}' if fixed else 'not mended yet'}: {one.description[:200]}"


def main() -> int:
    with tempfile.TemporaryDirectory() as cache:
        service = PyPIService(Path(cache), timeout=10)
        service.session = NewestToo(session=service.session)
        found = audit(locks=[Path(lock) for lock in sys.argv[1:]], service=service)
    sys.stdout.write(found.told() + "\n")
    return 1 if found.known else 0


if __name__ == "__main__":
    sys.exit(main())
