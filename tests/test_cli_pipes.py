"""A pipe that broke: told when it was the database's, silent when the reader of the output has gone."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
BROKEN = """
import click, cli
@cli.regulars.command()
def broken(): {what}
cli.main()
"""


def test_a_broken_pipe_of_the_database_is_told_and_one_of_the_reader_is_not() -> None:
    """Click ends every command silently on both."""
    words = [sys.executable, "-c", BROKEN.format(what="raise BrokenPipeError(32, 'Broken pipe')"), "broken"]
    lost = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert lost.returncode == 1
    assert lost.stderr.rstrip().endswith("(Broken pipe). What was committed stays: run the command again.")
    words[2] = BROKEN.format(what="[click.echo('x' * 1000) for _ in range(1000)]")
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as unread:
        assert unread.stdout is not None
        assert unread.stderr is not None
        unread.stdout.close()
        assert unread.stderr.read() == ""
    assert unread.returncode == 1
