"""What a backup says of itself, and which backups may be restored here."""

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rules.refusals import Refusal

FORMAT = 1
_SALT = 16  # bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """`version` of the program and `schema_version` that made it; `history`: the ids of the migrations that the data has seen;
    `rows` of the main tables; `digest`: SHA-256 of the dump; `mark`: what only the same secret gives for it.
    """

    version: str
    schema_version: str
    history: tuple[str, ...]
    created: datetime
    rows: Mapping[str, int]
    digest: str
    mark: str


def mark(*, secret: str, digest: str) -> str:
    """Of an installation's secret and a dump's digest, 64 hexadecimal digits: made slowly, so that whoever finds a backup
    cannot try secrets by the million.
    """
    return hashlib.scrypt(secret.encode(), salt=bytes.fromhex(digest)[:_SALT], n=2**14, r=8, p=1, dklen=32).hex()


def as_text(*, manifest: Manifest) -> str:
    """The manifest as JSON, to be read again by `read_manifest`."""
    return json.dumps({"format": FORMAT, **asdict(manifest), "created": manifest.created.isoformat()}, indent=1)


def read_manifest(*, text: str) -> Manifest:
    """What `as_text` wrote. Raises Refusal not_a_backup, newer_backup."""
    try:
        said = json.loads(text)
        if isinstance(said["format"], int) and said["format"] > FORMAT:
            raise newer(version=str(said.get("version", "?")))
        return _typed(said)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, Refusal):
            raise
        raise not_a_backup() from None


def _typed(said: Mapping[str, Any]) -> Manifest:
    created = datetime.fromisoformat(said["created"])
    if (
        said["format"] != FORMAT
        or created.tzinfo is None
        or len(bytes.fromhex(said["digest"])) != hashlib.sha256().digest_size
    ):
        raise ValueError(said["format"])
    return Manifest(
        version=str(said["version"]),
        schema_version=str(said["schema_version"]),
        history=tuple(str(one) for one in said["history"]),
        created=created,
        rows={str(table): int(count) for table, count in said["rows"].items()},
        digest=str(said["digest"]),
        mark=str(said["mark"]),
    )


def check_manifest(*, manifest: Manifest, known: Collection[str], secret: str) -> None:
    """Whether this version (`known`: its migrations) with this secret may take it. Raises Refusal newer_backup, other_secret."""
    if not set(manifest.history) <= set(known):
        raise newer(version=manifest.version)
    if not hmac.compare_digest(mark(secret=secret, digest=manifest.digest), manifest.mark):
        raise Refusal(
            "other_secret",
            "This backup belongs to an installation with another secret, without which gateway credentials cannot be read and"
            " who refused messages is not known: set REGULARS_SECRET to that one, or put its `secret` file into REGULARS_DATA_DIR.",
            "该备份属于使用另一个密钥的系统，没有原密钥就无法读取通道凭据，也无法识别谁已拒收短信："
            "请把 REGULARS_SECRET 设为原密钥，或把原来的 secret 文件放入 REGULARS_DATA_DIR。",
        )


def newer(*, version: str) -> Refusal:
    """The no to a backup of a later version."""
    return Refusal(
        "newer_backup",
        f"This backup was made by a newer version of Regulars ({version}): install that one first.",
        f"该备份由更新版本的 Regulars（{version}）生成：请先安装该版本。",
    )


def not_a_backup() -> Refusal:
    """The no to a file that is something else, or was cut off."""
    return Refusal(
        "not_a_backup",
        "This is no whole backup: it is another file or was cut off. Name a file that `regulars backup` has made.",
        "这不是完整的备份：可能是其他文件，或传输时被截断。请指定由 regulars backup 生成的文件。",
    )
