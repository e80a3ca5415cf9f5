"""The runs of the night's jobs: the truth about what was done for which business date; and who is alive to run them."""

from piccolo.columns import JSONB, Integer, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import At, Day, Key, Words


class JobRun(Table):
    """One step of one night; `counts` grows with each chunk, in the chunk's own transaction."""

    id = Key()
    job = Varchar(length=12)
    business_date = Day()
    state = Varchar(length=8)
    started_at = At()
    finished_at = At(null=True)
    counts = JSONB(default="{}")
    error = Words(null=True, default=None)
    unique_run = Unique(["job", "business_date"])


class Heartbeat(Table):
    """When a process of ours last said that it lives: `worker`, `clock`."""

    process = Varchar(length=20, primary_key=True)
    at = At()


class CheckResult(Table):
    """What one invariant of a full check found: how many rows break it, and the first of them; append-only."""

    id = Key()
    checked_at = At()
    name = Varchar(length=60)
    broken = Integer()
    sample = JSONB(default="[]")
