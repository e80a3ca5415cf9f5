"""Everything dies while real workers send (tests/sending_storm.py): nothing lost, nothing doubled, nobody written to who refused."""

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
A_LINE = 700  # three lines: 2,100 messages
TWICE = 2


def test_nothing_is_lost_or_doubled_and_nobody_who_refused_is_written_to() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.sending_storm", str(A_LINE), str(TWICE), "1"],
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.stdout, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert {name: found[name] for name in ("lost", "doubled", "to_refused", "wrong")} == {
        "lost": 0, "doubled": 0, "to_refused": 0, "wrong": [],
    }, found  # fmt: skip
    assert done.returncode == 0
    # It was a storm, and it was weathered: a calm sea proves nothing.
    assert found["faults"] == {"kill": TWICE, "stop": TWICE, "flush": TWICE, "restart": TWICE, "refuse": A_LINE // 50}
    assert found["left"] > 2.5 * A_LINE
    assert found["parked"] < A_LINE / 4
