"""A job's folder as it lies in S3, where the server and a node of the cluster meet.

It lies in a bucket of the server's own, and not in the job's output: who may write there could have the
server take another model for the job's, or give it orders. A node reaches it with a session for this one
folder, and the job's data and output with a session of the job's role, which may do what the role may and no
more. Both are keys of this server's own IAM, checked at its door with each request, and end with the attempt.

``jobs/JOB/spec.json``, ``orders.json``    as in the job's folder (`job_folder.paths`)
``jobs/JOB/tuned/``                        what the job tunes further, where it does
``jobs/JOB/N/input.json``                  what the attempt N takes, without a path of the server
``jobs/JOB/N/beat.json``                   a count that grows while the attempt lives, and how it ended
``jobs/JOB/N/events/``, ``log/``           its reports and its log, in pieces named by their places
``jobs/JOB/N/checkpoints/step-N/``         what a further attempt goes on from, the manifest last
``jobs/JOB/N/model/``, ``model.json``      what it has made, and the sums of that
``jobs/JOB/N/result.json``                 how the job ended, last of all
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from burnish.errors import InvalidInput, NotFound
from burnish.policies.evaluation import Grants
from burnish.processes.messages import ProcessMessage
from burnish.server.s3.role_storage import RoleStorage

BUCKET = "burnish-cluster-jobs"
#: Where the folders of all jobs lie.
JOBS = f"s3://{BUCKET}/jobs"
_CHECKPOINT = re.compile(r"(?P<attempt>\d+)/checkpoints/(?P<place>(?:.+/)?step-\d+)/(?P<name>[^/]+)")


class Beat(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A sign of life: its number, and whether the training has begun. The last one says how it ended."""

    count: int
    has_begun: bool = False
    exit_status: int | None = None
    account_of_end: str | None = None

    @property
    def is_last(self) -> bool:
        """Whether the attempt is over."""
        return self.account_of_end is not None


class ClusterInput(ProcessMessage, frozen=True, kw_only=True):
    """What an attempt takes, as any machine understands it.

    ``sources`` names the weights, of a pool those of each member, and ``fingerprint`` tells them from others
    of that name. ``grants`` say what the job's role may do: the server's door asks the same again.
    """

    sources: Mapping[str, str]
    fingerprint: str
    tunes_further: bool
    grants: Grants
    account_id: str
    threads: int
    checkpoint_seconds: float


@dataclass(frozen=True)
class RemoteAttempt:
    """The objects of one attempt."""

    uri: str

    @property
    def input(self) -> str:
        """What the attempt takes."""
        return f"{self.uri}/input.json"

    @property
    def beat(self) -> str:
        """Its latest sign of life."""
        return f"{self.uri}/beat.json"

    @property
    def events(self) -> str:
        """The pieces of its reports."""
        return f"{self.uri}/events"

    @property
    def log(self) -> str:
        """The pieces of its log."""
        return f"{self.uri}/log"

    @property
    def checkpoints(self) -> str:
        """Its checkpoints."""
        return f"{self.uri}/checkpoints"

    @property
    def model(self) -> str:
        """What it has made."""
        return f"{self.uri}/model"

    @property
    def model_sums(self) -> str:
        """The SHA-256 of each file that it has made."""
        return f"{self.uri}/model.json"

    @property
    def result(self) -> str:
        """How the job ended."""
        return f"{self.uri}/result.json"


@dataclass(frozen=True)
class RemoteFolder:
    """The objects of one job, and how they are reached."""

    storage: RoleStorage
    job_id: str

    @property
    def uri(self) -> str:
        """Where all of them lie."""
        return f"{JOBS}/{self.job_id}"

    @property
    def spec(self) -> str:
        """What is to be trained."""
        return f"{self.uri}/spec.json"

    @property
    def orders(self) -> str:
        """Which attempt the job belongs to, and whether to end it."""
        return f"{self.uri}/orders.json"

    @property
    def tuned(self) -> str:
        """What the job tunes further."""
        return f"{self.uri}/tuned"

    def attempt(self, number: int) -> RemoteAttempt:
        """The objects of an attempt."""
        return RemoteAttempt(f"{self.uri}/{number}")

    def checkpoints(self) -> dict[str, dict[str, str]]:
        """Every checkpoint by its place, each file of it by its name: of two the later attempt's."""
        found: dict[str, tuple[int, dict[str, str]]] = {}
        for path in self.storage.names(self.uri):
            if not (match := _CHECKPOINT.fullmatch(path)):
                continue
            attempt, place = int(match["attempt"]), match["place"]
            if place not in found or found[place][0] < attempt:
                found[place] = attempt, {}
            if found[place][0] == attempt:
                found[place][1][match["name"]] = f"{self.uri}/{path}"
        return {place: files for place, (_, files) in found.items()}

    def delete(self) -> None:
        """Delete all objects of the job."""
        for name in self.storage.names(self.uri):
            self.storage.delete(f"{self.uri}/{name}")


class PieceSender:
    """Sends a file that grows to S3, each time what is new, so that nothing is sent twice."""

    def __init__(self, storage: RoleStorage, uri: str, path: Path) -> None:
        self._storage = storage
        self._uri = uri
        self._path = path
        self._sent = 0
        self._piece = b""

    def send(self, *, is_last: bool = False) -> None:
        """Send what is new: whole lines, and at the last also one that is not."""
        # What may have come through, though no answer did, is sent again as it was: it may be taken already.
        self._piece = self._piece or self._new(is_last=is_last)
        if self._piece:
            self._storage.write(f"{self._uri}/{self._sent}", self._piece)
            self._sent, self._piece = self._sent + len(self._piece), b""

    def _new(self, *, is_last: bool) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(self._sent)
                new = file.read()
        except FileNotFoundError:
            return b""
        return new if is_last else new[: new.rfind(b"\n") + 1]


def take_pieces(
    storage: RoleStorage, uri: str, path: Path, *, also: Callable[[bytes], None] = lambda _: None
) -> None:
    """Append what was sent of a file to one here, whose size says how much of it is here already."""
    while True:
        place = f"{uri}/{path.stat().st_size if path.exists() else 0}"
        try:
            piece = storage.read(place)
        except NotFound:
            return
        also(piece)
        with path.open("ab") as file:
            file.write(piece)
        storage.delete(place)


def files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files in a folder, by their paths in it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def send_folder(storage: RoleStorage, folder: Path, uri: str) -> dict[str, str]:
    """Copy a folder to S3. Gives the SHA-256 of each file."""
    sums = {}
    for name, path in files_in(folder):
        with path.open("rb") as file:
            sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            storage.write(f"{uri}/{name}", file)
    return sums


def fetch_folder(storage: RoleStorage, uri: str, names: Iterable[str], folder: Path) -> None:
    """Copy objects under a URI to a folder. Raises `InvalidInput` for a name that leads out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise InvalidInput(f"{uri}/{name} leads out of its folder: delete it")
        path.parent.mkdir(parents=True, exist_ok=True)
        storage.fetch(f"{uri}/{name}", path)


def read_beat(storage: RoleStorage, attempt: RemoteAttempt) -> Beat | None:
    """The latest sign of life of an attempt; None before the first."""
    with suppress(NotFound):
        return msgspec.json.decode(storage.read(attempt.beat), type=Beat)
    return None
