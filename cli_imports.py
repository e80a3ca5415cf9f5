"""`regulars import`: each kind of file to its own deed."""
# ruff: noqa: PLC0415 – each kind imports what it needs

from pathlib import Path
from typing import TYPE_CHECKING

import cli_output
from cli_servers import served, today, zone

if TYPE_CHECKING:
    from actions.imports import ImportReport, Progress


@served
async def import_one(kind: str, file: Path, *, store: str | None, dry_run: bool, consent_source: str | None) -> int:
    with cli_output.progress() as tell:
        match kind:
            case "members":
                report = await _members(file, store=store, dry_run=dry_run, consent_source=consent_source, tell=tell)
            case "purchases":
                report = await _purchases(file, store=store, dry_run=dry_run, tell=tell)
            case "stores":
                from actions.stores import import_stores

                report = await import_stores(path=file, dry_run=dry_run, progress=tell)
            case _:
                from actions.products import import_products

                report = await import_products(path=file, dry_run=dry_run, progress=tell)
    return cli_output.show_report(report=report)


async def _members(
    file: Path, *, store: str | None, dry_run: bool, consent_source: str | None, tell: "Progress"
) -> "ImportReport":
    from actions.members import import_members

    return await import_members(
        path=file, dry_run=dry_run, today=today(), consent_source=consent_source, store=store, progress=tell
    )


async def _purchases(file: Path, *, store: str | None, dry_run: bool, tell: "Progress") -> "ImportReport":
    from actions.purchases_import import import_purchases

    return await import_purchases(path=file, dry_run=dry_run, store=store, zone=zone(), today=today(), progress=tell)
