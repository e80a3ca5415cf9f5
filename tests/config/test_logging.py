import json
import logging
import subprocess
import sys

from tests.config.conftest import REPOSITORY

SCRIPT = """
import logging, structlog
from config.logging import configure_logging
configure_logging()
structlog.get_logger("night").info("closed", date="2026-01-31", words="回头客")
logging.getLogger("library").warning("careful %s", 1)
logging.getLogger("library").debug("not shown")
try:
    phone = "secret local"
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("night").exception("failed")
"""


def test_json_on_stderr_when_nobody_looks() -> None:
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY)
    assert done.stdout == ""
    first, second, third = (json.loads(line) for line in done.stderr.splitlines())
    assert (first["event"], first["date"], first["words"]) == ("closed", "2026-01-31", "回头客")
    assert (first["level"], first["logger"]) == ("info", "night")
    assert (second["event"], second["level"]) == ("careful 1", logging.getLevelName(logging.WARNING).lower())
    assert "ZeroDivisionError" in third["exception"]
    assert "secret local" not in done.stderr.split('"exception"')[0]
