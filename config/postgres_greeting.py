"""Asks the embedded PostgreSQL how it is, by its own protocol: a driver would cost more than the warm start."""

import socket
import struct
from typing import Literal

from config.data_dir import DataDir

PROTOCOL_3 = 196608
CANNOT_CONNECT_NOW = b"57P03"
# The role or the database is not there yet (a starter was killed before it made them).
MISSING = {b"28000", b"3D000"}

State = Literal["silent", "not yet", "unprovided", "ready"]


def state(*, place: DataDir) -> State:
    """Log in as the owner, look, leave."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(place.postgres_socket))
            words = b"user\0regulars_owner\0database\0regulars\0\0"
            line.sendall(struct.pack("!II", len(words) + 8, PROTOCOL_3) + words)
            answer = _answer(line=line)
            if answer == b"":
                line.sendall(b"X\0\0\0\4")
    except OSError:
        return "silent"
    if answer == CANNOT_CONNECT_NOW:
        return "not yet"
    # Any other error, such as too many connections, comes from a server that is well.
    return "unprovided" if answer in MISSING else "ready"


def up(*, place: DataDir) -> bool:
    """Whether it takes connections."""
    return state(place=place) in {"unprovided", "ready"}


def _answer(*, line: socket.socket) -> bytes:
    """Nothing when it is ready for a query, else the error's code."""
    with line.makefile("rb") as stream:
        while header := stream.read(5):
            kind, length = struct.unpack("!cI", header)
            body = stream.read(length - 4)
            if kind == b"Z":
                return b""
            if kind == b"E":
                fields = {field[:1]: field[1:] for field in body.split(b"\0") if field}
                return fields.get(b"C", b"")
    raise ConnectionResetError
