"""A Ray cluster's Jobs API, as far as jobs are started, asked for and stopped there. It takes no Ray here.

https://docs.ray.io/en/latest/cluster/running-applications/job-submission/rest.html
"""

from __future__ import annotations

import http.client
import ipaddress
import ssl
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from burnish.errors import CannotStart, ServiceUnavailable

#: Ray's own names for the token of a cluster and for a file with it.
TOKEN, TOKEN_FILE = "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"
TIMEOUT_SECONDS = 15.0
_REFUSED = (401, 403)
#: What Ray says of a submission id that it knows already.
_KNOWN = "already exists"
_PORTS = {"http": 80, "https": 443}
_LONGEST_REASON = 300
_THEN_THE_LOG = ", last available logs"

_Answer = TypeVar("_Answer")


class ClusterUnavailable(ServiceUnavailable):
    """A cluster does not answer now, or not this server; it may later."""


class RayJob(msgspec.Struct, frozen=True, kw_only=True):
    """What Ray says of a job."""

    status: str
    message: str | None = None

    @property
    def reason(self) -> str:
        """Why it has ended, without the lines of its log that Ray adds."""
        return (self.message or "").partition(_THEN_THE_LOG)[0].partition("\n")[0][:_LONGEST_REASON]

    @property
    def is_pending(self) -> bool:
        """Whether it waits for a node with room for it."""
        return self.status == "PENDING"

    @property
    def has_ended(self) -> bool:
        """Whether Ray takes it for over."""
        return self.status in ("SUCCEEDED", "FAILED", "STOPPED")


class RaySubmission(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it is submitted: a shell command, its environment, and what it takes of a node."""

    submission_id: str
    entrypoint: str
    environment: Mapping[str, str]
    cpus: float
    gpus: float = 0

    @property
    def body(self) -> bytes:
        """The submission as Ray reads it. Nothing in it makes a node install anything."""
        return msgspec.json.encode(
            {
                "submission_id": self.submission_id,
                "entrypoint": self.entrypoint,
                "runtime_env": {"env_vars": dict(self.environment)},
                "entrypoint_num_cpus": self.cpus,
                "entrypoint_num_gpus": self.gpus,
            }
        )


class _Logs(msgspec.Struct):
    logs: str


class RayJobs:
    """The jobs of the cluster at an address. What does not work now raises `ClusterUnavailable`."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        self.url = url.rstrip("/")
        self._scheme, self._host = parts.scheme, parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._token = token

    @property
    def is_on_this_machine(self) -> bool:
        """Whether the cluster's address is one that only this machine reaches."""
        return is_loopback(self._host)

    def submit(self, submission: RaySubmission) -> None:
        """Submit a job, unless there is one with its id already."""
        status, body = self._call("POST", "/api/jobs/", submission.body)
        if status != http.HTTPStatus.OK and _KNOWN not in body.decode(errors="replace"):
            raise self._problem(status, body)

    def find(self, submission_id: str) -> RayJob | None:
        """The job with that id; None where the cluster knows none, as after its head was replaced."""
        status, body = self._call("GET", _path_of(submission_id))
        if status == http.HTTPStatus.NOT_FOUND:
            return None
        return self._read(status, body, RayJob)

    def stop(self, submission_id: str) -> None:
        """Have a job ended: SIGTERM, and SIGKILL three seconds later. One that is not there is none."""
        status, body = self._call("POST", f"{_path_of(submission_id)}/stop")
        if status not in (http.HTTPStatus.OK, http.HTTPStatus.NOT_FOUND):
            raise self._problem(status, body)

    def logs(self, submission_id: str) -> str:
        """What a job has printed, as long as its node is there."""
        status, body = self._call("GET", f"{_path_of(submission_id)}/logs")
        return self._read(status, body, _Logs).logs

    def _read(self, status: int, body: bytes, kind: type[_Answer]) -> _Answer:
        if status != http.HTTPStatus.OK:
            raise self._problem(status, body)
        try:
            return msgspec.json.decode(body, type=kind)
        except ValueError as error:
            raise ClusterUnavailable(f"{self.url} does not answer as a Ray cluster: {error}") from error

    def _call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = self._connection()
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ClusterUnavailable(f"The Ray cluster at {self.url} does not answer: {error!r}") from error
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=TIMEOUT_SECONDS, context=context
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)

    def _problem(self, status: int, body: bytes) -> ClusterUnavailable:
        if status in _REFUSED:
            return ClusterUnavailable(
                f"The Ray cluster at {self.url} refuses this server: start the server with the cluster's "
                f"token in {TOKEN}"
            )
        # Ray answers with tracebacks, of which the last line says what is wrong.
        reason = (body.decode(errors="replace").strip().splitlines() or [""])[-1]
        return ClusterUnavailable(
            f"The Ray cluster at {self.url} answers with status {status}: {reason[:_LONGEST_REASON]}"
        )


def cluster_address(given: str) -> str:
    """The address of a Jobs API as it was given. Raises `CannotStart` for what is no such address."""
    parts = urlsplit(given)
    if parts.scheme == "ray":
        raise CannotStart(
            f"--launcher {given}: that is the address of Ray Client, which takes Ray in the server, in the "
            "very version of the cluster, and ends its jobs with the connection. Give the address of the "
            f"cluster's Jobs API: --launcher http://{parts.hostname or 'HEAD'}:8265"
        )
    try:
        is_address = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:  # what is no port
        is_address = False
    if not is_address or parts.path.strip("/") or parts.query or parts.username:
        raise CannotStart(
            f"--launcher {given!r} is not the address of a Ray cluster's Jobs API: give http://HEAD:8265"
        )
    return given.rstrip("/")


def taken_token(environment: MutableMapping[str, str]) -> str | None:
    """The cluster's token, as Ray itself is given it. It is removed from there: no child is to have it."""
    if token := environment.pop(TOKEN, "").strip():
        return token
    path = environment.get(TOKEN_FILE)
    try:
        return Path(path).read_text(encoding="utf-8").strip() if path else None
    except OSError as error:
        raise CannotStart(f"{TOKEN_FILE} names a file that cannot be read: {error}") from error


def is_loopback(host: str) -> bool:
    """Whether a host is reached by its own machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _path_of(submission_id: str) -> str:
    return f"/api/jobs/{quote(submission_id, safe='')}"
