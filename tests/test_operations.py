"""What docs/operations.md and its systemd units name is there."""

import re
from configparser import ConfigParser
from pathlib import Path

from cli import regulars

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
UNITS = {path.name: path for path in ROOT.joinpath("docs", "systemd").iterdir()}
# How each is started and stopped; the rest is how it is fenced in.
OWN = {"ExecStart", "ExecStartPost", "Type", "Restart", "RestartSec", "TimeoutStopSec", "TimeoutStartSec"}
OWN |= {"KillMode", "ReadWritePaths"}


class Unit(ConfigParser):
    """systemd tells capitals apart, and its % is its own."""

    def __init__(self, name: str) -> None:
        super().__init__(interpolation=None)
        self.read(UNITS[name], encoding="utf-8")

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def test_every_process_has_a_unit_and_all_are_fenced_in_alike() -> None:
    units = {name: Unit(name)["Service"] for name in UNITS if name.endswith(".service")}
    started = "\n".join(unit["ExecStart"] for unit in units.values())
    assert set(re.findall(r"/opt/regulars/.venv/bin/regulars (\w+)", started)) == {"web", "worker", "clock", "backup"}
    fences = [{key: told for key, told in unit.items() if key not in OWN} for unit in units.values()]
    assert all(fence == fences[0] for fence in fences)
    assert {"NoNewPrivileges", "ProtectSystem", "CapabilityBoundingSet", "SystemCallFilter", "User"} <= set(fences[0])
    assert units["regulars-worker.service"]["KillMode"] == "mixed"
    assert Unit("regulars-backup.timer")["Timer"]["Persistent"] == "yes"


def test_every_command_and_unit_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"(?:^|`)regulars ([a-z]+)", PAGE, re.MULTILINE))
    assert len(named) > 8
    assert named <= set(regulars.commands)
    enabled = re.search(r"systemctl enable --now (.*)", PAGE)
    assert enabled
    assert {name if "." in name else f"{name}.service" for name in enabled[1].split()} <= set(UNITS)


def test_every_figure_that_the_page_alarms_by_is_shown() -> None:
    source = "".join(ROOT.joinpath(room, "metrics.py").read_text(encoding="utf-8") for room in ("web", "queries"))
    shown = re.findall(r'"regulars_([a-z_]+)"', source)
    # Of each account: named by a word of its own there.
    shown += [f"account_{word}" for word in re.findall(r'"([a-z]+)"', source)]
    alarms = re.findall(r"\bregulars_([a-z_]+)", PAGE[PAGE.index("### Alarms") : PAGE.index("## Logs")])
    assert len(set(alarms)) > 12
    assert [name for name in alarms if name not in shown and name.removesuffix("_total") not in shown] == []
