"""A real Kannel of Debian with its fake operator, on free ports, as long as a test lasts; its settings are docs/kannel.md's."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote_to_bytes, urlencode

import httpx

from tests.ports import free_port
from tests.waiting import until

_HOME = Path("/usr/lib/kannel/test")
BEARERBOX, SMSBOX = (shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin") for name in ("bearerbox", "smsbox"))
OPERATOR = shutil.which("fakesmsc", path=str(_HOME))
INSTALLED = None not in {BEARERBOX, SMSBOX, OPERATOR}
PAGE = Path(__file__).parents[2] / "docs" / "kannel.md"
OURS = "10690001"
USERNAME, PASSWORD = "regulars", "mima-ceshi"
PATIENCE = 20.0
# The fake operator, and a line that only brings texts in.
_LINES = """
group = smsc
smsc = fake
smsc-id = line1
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsc
smsc = http
smsc-id = wide
system-type = kannel
port = {wide}
send-url = "http://127.0.0.1:1/"
smsc-username = {username}
smsc-password = {password}
allowed-smsc-id = nobody
"""
_GOT = re.compile(r"Got message \d+: <(\S+) (\S+) (.*)>\s*$")


@dataclass(frozen=True)
class Sms:
    """What the operator got: one part as it went over the air; `head` is its user data header."""

    sender: str
    receiver: str
    text: str
    head: bytes = b""


@dataclass
class KannelSite:
    """`port`: of sendsms, `wide`: of the line by which texts of two bytes a letter come in. `say` is a phone's text to us;
    `got` what left to phones, part by part.
    """

    port: int
    wide: int
    log: Path
    stdin: IO[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/cgi-bin/sendsms"

    def say(self, *, phone: str, text: str) -> None:
        self.stdin.write(f"{phone} {OURS} text {text}\n".encode())
        self.stdin.flush()

    async def say_wide(self, *, phone: str, text: str) -> None:
        """As most operators pass Chinese on: UCS-2."""
        said = {"from": phone, "to": OURS, "coding": "2", "username": USERNAME, "password": PASSWORD}
        address = f"http://127.0.0.1:{self.wide}/?{urlencode(said)}&text={quote(text.encode('utf-16-be'))}"
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(address)).text == "Sent."

    def got(self) -> list[Sms]:
        """Looks for what has come by now: an empty line makes the fake operator look at its line."""
        self.stdin.write(b"\n")
        self.stdin.flush()
        lines = self.log.read_text(errors="replace").splitlines()
        return [_sms(*found.groups()) for line in lines if (found := _GOT.search(line))]

    async def until_got(self, most: int) -> list[Sms]:
        async def there() -> bool:
            return len(self.got()) >= most

        await until(there, seconds=PATIENCE, what=f"{most} parts at the operator")
        return self.got()


def whole(parts: Sequence[Sms]) -> str:
    """The text as a phone puts it together: by the numbers in the parts' headers."""
    return "".join(part.text for part in sorted(parts, key=lambda part: part.head[-1:]))


@asynccontextmanager
async def kannel(folder: Path, *, replies_url: str) -> AsyncIterator[KannelSite]:
    """Bearerbox, smsbox and the fake operator, each ready; all are gone afterwards."""
    ports = {name: free_port() for name in ("admin", "smsbox", "sendsms", "smsc", "wide")}
    conf = folder / "kannel.conf"
    conf.write_text(_conf(ports, folder=folder, replies_url=replies_url))
    assert BEARERBOX is not None
    assert SMSBOX is not None
    assert OPERATOR is not None
    with ExitStack() as running:
        running.enter_context(_process(folder, BEARERBOX, "-v", "2", str(conf)))
        await _listening(ports["smsbox"], ports["smsc"])
        running.enter_context(_process(folder, SMSBOX, "-v", "2", str(conf)))
        await _listening(ports["sendsms"])
        words = ("-H", "127.0.0.1", "-r", str(ports["smsc"]), "-i", "0", "-m", "100000")
        operator = running.enter_context(_process(folder, OPERATOR, *words))
        assert operator.stdin is not None
        await _online(ports["admin"])
        yield KannelSite(port=ports["sendsms"], wide=ports["wide"], log=folder / "fakesmsc.log", stdin=operator.stdin)


def _conf(ports: dict[str, int], *, folder: Path, replies_url: str) -> str:
    """The page's own example, with these ports and the fake operator instead of a real line."""
    found = re.search(r"```ini\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    text = re.sub(r"(?m)^group = smsc\n(?:.+\n)*", "", found[1])
    given = {
        "admin-port": ports["admin"],
        "smsbox-port": ports["smsbox"],
        "bearerbox-port": ports["smsbox"],
        "sendsms-port": ports["sendsms"],
        "username": USERNAME,
        "password": PASSWORD,
        "admin-password": PASSWORD,
        "http-queue-delay": 1,
    }
    for name, value in given.items():
        text, times = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", text)
        assert times, name
    text = re.sub(r'"https://\S+?/hooks/\S+?/replies\?token=[^&"]+', f'"{replies_url}', text)
    assert replies_url in text
    text = re.sub(r"(?m)= /var/\S+/", f"= {folder}/", text)
    assert "/var/" not in text
    for name in ("store", "dlr"):
        (folder / name).mkdir()
    return text + _LINES.format(smsc=ports["smsc"], wide=ports["wide"], username=USERNAME, password=PASSWORD)


@contextmanager
def _process(folder: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    log = folder / f"{Path(command[0]).name}.log"
    # The kernel ends it when the suite was killed.
    bound = ("setpriv", "--pdeathsig", "KILL", *command)
    with (
        log.open("wb") as out,
        subprocess.Popen(bound, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT, cwd=folder) as process,
    ):
        try:
            yield process
        finally:
            process.kill()  # nothing of theirs is needed any more, and their own end takes seconds


async def _listening(*ports: int) -> None:
    async def there() -> bool:
        for port in ports:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return False
            writer.close()
            await writer.wait_closed()
        return True

    await until(there, seconds=PATIENCE, what=f"Kannel on {ports}")


async def _online(port: int) -> None:
    """The operator's line and smsbox are both joined to bearerbox."""
    async with httpx.AsyncClient(trust_env=False) as client:

        async def there() -> bool:
            status = (await client.get(f"http://127.0.0.1:{port}/status.txt?password={PASSWORD}")).text
            return "(online" in status and "smsbox:" in status

        await until(there, seconds=PATIENCE, what="Kannel's line to its operator")


def _sms(sender: str, receiver: str, rest: str) -> Sms:
    head = b""
    kind, _, body = rest.partition(" ")
    if kind == "udh":
        coded, _, rest = body.partition(" ")
        head = unquote_to_bytes(coded.replace("+", " "))
        kind, _, body = rest.partition(" ")
    if kind == "text":
        return Sms(sender, receiver, body, head)
    return Sms(sender, receiver, unquote_to_bytes(body.replace("+", " ")).decode("utf-16-be", "surrogatepass"), head)
