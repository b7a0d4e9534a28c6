"""The machines of a Ray cluster. Nothing else in Burnish imports ray, and this only where it is used.

The environment says to a machine where S3 is, and never who may read it: what Ray is told, its dashboard
shows. So machines have credentials of their own.
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from burnish.aws.clients import Client, open_clients
from burnish.datasets.cluster.shards import Shard, ShardSummary, patiently
from burnish.datasets.page_index import decoders
from burnish.errors import (
    BurnishError,
    CannotConnect,
    CannotStart,
    InvalidConfig,
    InvalidDocuments,
    InvalidInput,
)

if TYPE_CHECKING:
    from ray import ObjectRef

Result = TypeVar("Result")

#: How often a shard is begun again after its machine was lost.
RETRIES = 10
#: Variables that tell the AWS SDK where to go, and where its configuration is; none of them is a secret.
PASSED_ON = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CA_BUNDLE",
)
_CONNECT_SECONDS = 10.0
_ON_EACH_MACHINE = "Every machine of the cluster needs burnish[ray] in this version, and credentials for S3"


@dataclass(frozen=True)
class MachineFacts:
    """What machines must have in common, for a document to have the same pages on each."""

    burnish: str
    decoders: str


@dataclass(frozen=True)
class _Failure:
    """Why a shard could not be done: as data, for an error that was raised there may not be known here."""

    text: str
    is_input: bool


class RayMachines:
    """The processors of a cluster, each with one shard at a time."""

    def __init__(self, ray: ModuleType) -> None:
        self._ray = ray

    def facts(self) -> MachineFacts:
        """What one of the machines has. Raises `CannotStart` where it has another version of Burnish."""
        describe: Any = self._ray.remote(num_cpus=1, max_retries=RETRIES)(_machine_facts)
        found: MachineFacts = self._result_of(describe.remote())
        _require_version(found.burnish)
        return found

    def run(self, shards: Iterable[Shard]) -> Iterator[ShardSummary]:
        """The summaries of shards, as these are done. Those of a lost machine are done by another."""
        perform = self._ray.remote(num_cpus=1, max_retries=RETRIES)(_perform)
        waiting: list[ObjectRef[ShardSummary | _Failure]] = []
        for shard in shards:
            waiting.append(perform.remote(version("burnish"), pickle.dumps(shard)))
            # As many wait as run, so that no machine does; not all, which would fill the driver's memory.
            if len(waiting) >= self._most_waiting():
                done, waiting = self._ray.wait(waiting, num_returns=1)
                yield from map(self._summary_of, done)
        while waiting:
            done, waiting = self._ray.wait(waiting, num_returns=1)
            yield from map(self._summary_of, done)

    def _most_waiting(self) -> int:
        return 2 * max(int(self._ray.cluster_resources().get("CPU", 0)), 1)

    def _summary_of(self, done: ObjectRef[ShardSummary | _Failure]) -> ShardSummary:
        found = self._result_of(done)
        if isinstance(found, ShardSummary):
            return found
        raise (
            InvalidDocuments(found.text)
            if found.is_input
            else CannotStart(f"A machine of the cluster could not do its part: {found.text}")
        )

    def _result_of(self, done: ObjectRef[Result]) -> Result:
        try:
            found: Result = self._ray.get(done)
        except self._ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1]
            raise CannotStart(
                f"The cluster could not do its part ({reason}). {_ON_EACH_MACHINE}. What is done is kept: "
                "run the same command again to continue"
            ) from error
        return found


@contextmanager
def ray_machines(address: str, *, region: str) -> Iterator[RayMachines]:
    """The machines of the cluster at an address, ``HOST:PORT`` or ``auto``, for a block.

    Raises `InvalidConfig` where Ray is not installed or the address is none, and `CannotConnect`.
    """
    ray = _imported()
    _require_address(address)
    environment = {name: value for name in PASSED_ON if (value := os.environ.get(name))}
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": {**environment, "AWS_REGION": region}},
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise CannotConnect(
            f"There is no Ray cluster at {address!r} that this machine is part of: start one with "
            "`ray start --head`, or join it with `ray start --address=HOST:6379`"
        ) from error
    try:
        yield RayMachines(ray)
    finally:
        ray.shutdown()


def _imported() -> ModuleType:
    # Read when it is imported. Nothing about a user's work goes to anybody.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise InvalidConfig(
            "--cluster", ["Ray is not installed on this machine: pip install 'burnish[ray]'"]
        ) from error
    return ray


def _require_address(address: str) -> None:
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or "/" in host:
        problem = (
            f"{address!r} is not an address such as 10.0.0.1:6379; give that of the cluster's head, or auto"
        )
        raise InvalidConfig("--cluster", [problem])
    try:
        # Ray itself would try for minutes.
        socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        raise CannotConnect(f"Nobody answers at {address}: is the head of the cluster running?") from error


def _machine_facts() -> MachineFacts:
    return MachineFacts(burnish=version("burnish"), decoders=decoders())


def _perform(wanted: str, pickled: bytes) -> ShardSummary | _Failure:
    """Run a shard on this machine."""
    try:
        # Before it is unpickled: what another version has pickled may mean something else here.
        _require_version(wanted)
        shard: Shard = pickle.loads(pickled)  # noqa: S301 - from the driver, which could run anything here
        return patiently(lambda: shard.run(_s3()))
    except BurnishError as error:
        return _Failure(str(error), is_input=isinstance(error, InvalidInput))


def _require_version(wanted: str) -> None:
    if (here := version("burnish")) != wanted:
        raise CannotStart(
            f"One machine has burnish {wanted}, and another burnish {here}: install the same version on all"
        )


@cache
def _s3() -> Client:
    """The client of this process, which does many shards."""
    return open_clients().s3
