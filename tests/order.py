"""Which of the suite's processes gets which files, and when: whole files, the longest first."""

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

# Else one process would end with them while the other is done: Xdist's own order puts files of few tests last.
LONGEST = ("browser/", "tasks/", "test_", "web/api/test_contract", "actions/", "admin/")


class Files(LoadFileScheduling):  # type: ignore[misc]  # Xdist tells no types
    """As `--dist loadfile`, but what shares a running chain stays together."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "tests/browser" if file.startswith("tests/browser/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """In the order in which the files were collected."""
    config.option.loadscopereorder = False
    return Files(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> int:
        file = item.nodeid.removeprefix("tests/")
        return next((turn for turn, start in enumerate(LONGEST) if file.startswith(start)), len(LONGEST))

    items.sort(key=turn)
