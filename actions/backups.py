"""A chain in one file, and back: a zip archive of the database's dump and of a manifest, which is written last."""

import hashlib
import os
import secrets
import zipfile
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from actions.imports import Progress
from config.settings import settings
from rules.backups import Manifest, as_text, check_manifest, mark, not_a_backup, read_manifest
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.backups import PIECE, check_empty, dump, load, refresh, settle
from tables.migrate import history, migrate
from tables.scope import current

_DUMP, _MANIFEST = "database.dump", "manifest.json"
_LONGEST_MANIFEST = 1_000_000
# What unzipping says of a file that is damaged, encrypted or packed by somebody else.
_BROKEN = (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, ValueError)


async def make_backup(*, path: Path, now: datetime, replace: bool) -> Manifest:
    """The whole database as of one moment, while everybody works. The file is readable by its owner alone and stands under
    its name only when it is whole. Opens its own transaction. Raises Refusal file_exists and those of `dump`, ConfigError, OSError.
    """
    if not replace:
        _check_free(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            manifest = await _written(file, now=now, path=path)
            file.flush()
            os.fsync(file.fileno())
        _named(draft, path=path, replace=replace)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


async def _written(file: IO[bytes], *, now: datetime, path: Path) -> Manifest:
    digest = hashlib.sha256()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with archive.open(_DUMP, "w", force_zip64=True) as member:

            def write(piece: bytes) -> None:
                digest.update(piece)
                try:
                    member.write(piece)
                except OSError as error:
                    # A full disk is no trouble of the database's: it is told with the file's name.
                    raise OSError(error.errno, error.strerror, str(path)) from None

            dumped = await dump(write=write)
        found = digest.hexdigest()
        manifest = Manifest(
            version=version("regulars"), schema_version=dumped.schema_version, history=dumped.history, created=now,
            rows=dumped.rows, digest=found, mark=mark(secret=settings().secret, digest=found),
        )  # fmt: skip
        archive.writestr(_MANIFEST, as_text(manifest=manifest))
    return manifest


def _check_free(path: Path) -> None:
    if path.exists():
        raise _exists(path)


def _named(draft: Path, *, path: Path, replace: bool) -> None:
    if replace:
        draft.replace(path)
        return
    try:
        # A link, not a rename, which would overwrite what somebody else has put there meanwhile.
        path.hardlink_to(draft)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:
        # A file system without links.
        _check_free(path)
        draft.rename(path)


def _exists(path: Path) -> Refusal:
    return Refusal(
        "file_exists",
        f"{path} is there already: choose another name, or say --force to replace it.",
        f"{path} 已存在：请换一个文件名，或加 --force 覆盖。",
    )


async def restore(*, path: Path, now: datetime, zone: ZoneInfo, progress: Progress) -> Manifest:
    """Brings a backup back into an empty place, at the newest schema: what was open then is ended, and nothing leaves until
    `release`. Opens its own transactions. Before anything is touched it raises Refusal not_a_backup, newer_backup,
    other_secret, not_empty; then place_in_use, ConfigError.
    """
    with path.open("rb") as file:
        archive, manifest = _opened(file)
        _check_digest(archive, manifest=manifest)
        check_manifest(manifest=manifest, known=history(), secret=settings().secret)
        await check_empty()
        size, done = archive.getinfo(_DUMP).file_size, 0

        async def loading() -> None:
            with archive.open(_DUMP) as dumped:

                def read(most: int) -> bytes:
                    nonlocal done
                    piece = dumped.read(most)
                    done += len(piece)
                    progress("restore", done, size)
                    return piece

                await load(read=read)

        async def settling() -> None:
            day = business_date(at=now, zone=zone)
            await settle(at=now, backup_at=manifest.created, day=day, rows=manifest.rows)

        await migrate(load=loading, settle=settling)
    await refresh()
    return manifest


def _opened(file: IO[bytes]) -> tuple[zipfile.ZipFile, Manifest]:
    try:
        archive = zipfile.ZipFile(file)
        if archive.getinfo(_MANIFEST).file_size > _LONGEST_MANIFEST:
            raise not_a_backup()
        archive.getinfo(_DUMP)
        return archive, read_manifest(text=archive.read(_MANIFEST).decode())
    except Refusal:
        raise
    except _BROKEN:
        raise not_a_backup() from None


def _check_digest(archive: zipfile.ZipFile, *, manifest: Manifest) -> None:
    digest = hashlib.sha256()
    with suppress(*_BROKEN), archive.open(_DUMP) as dumped:
        while piece := dumped.read(PIECE):
            digest.update(piece)
    if digest.hexdigest() != manifest.digest:
        raise not_a_backup()


async def release(*, now: datetime) -> bool:
    """Messages may leave again after a restore; False when nothing held them. Inside the caller's scope, hq_admin's alone."""
    released: bool = await current().fetchval("SELECT deed.sending_release($1)", now)
    return released
