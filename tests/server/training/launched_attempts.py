"""Attempts that follow a script, for the tests of every launcher."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from job_requests import JOB

from burnish.engine.catalogue import PAGE_FEATURES
from burnish.engine.weights import prepared_weights
from burnish.policies.evaluation import Grants
from burnish.server.cluster.jobs_api import RayJobs
from burnish.server.cluster.ray_launcher import RayLauncher
from burnish.server.cluster.submitting import ClusterDoor
from burnish.server.job_folder.attempt_input import AttemptInput, write_input
from burnish.server.job_folder.orders import Orders, write_orders
from burnish.server.job_folder.paths import JobFolder
from burnish.server.job_folder.spec import spec_of, write_spec
from burnish.server.s3.role_storage import ALL_OF_S3, RoleStorage
from burnish.server.training.launcher import LaunchedAttempt, Launcher
from burnish.waiting import wait_until

OFTEN = {"interval": 0.02, "timeout": 180}
PATH = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])


@dataclass(frozen=True)
class Launchers:
    """A way to make a launcher, as each server makes its own; and to leave an attempt as its end does."""

    new: Callable[[], Launcher]
    leave: Callable[[LaunchedAttempt], None] = lambda _: None


def ray_launchers(served, cluster) -> Launchers:
    """Launchers of a cluster, whose nodes find the server that is ``served``."""
    door = ClusterDoor(
        jobs=RayJobs(cluster.dashboard),
        iam=served.iam,
        storage=RoleStorage(served.url, served.credentials, ALL_OF_S3),
        endpoint=served.url,
        command=f"PYTHONPATH={shlex.quote(PATH)} {shlex.quote(sys.executable)} -m scripted_agent",
    )
    return Launchers(new=lambda: RayLauncher(door), leave=lambda attempt: attempt.end_with_server())


def prepare(folder: JobFolder, attempt: int, **script: object) -> None:
    """Give an attempt what a server gives it."""
    hyperparameters = {name: str(value) for name, value in script.items()}
    write_spec(folder, spec_of(replace(JOB, hyperparameters=hyperparameters)))
    folder.attempt(attempt).path.mkdir(parents=True)
    given = AttemptInput(
        weights=prepared_weights(PAGE_FEATURES),
        sources={PAGE_FEATURES.slug: PAGE_FEATURES.source},
        tuned_before=None,
        objects_endpoint="",
        credentials=folder.path,
        grants=Grants(),
        checkpoint_seconds=1,
    )
    write_input(folder.attempt(attempt), given)
    write_orders(folder, Orders(attempt=attempt))


def at_work(folder: JobFolder, attempt: LaunchedAttempt) -> LaunchedAttempt:
    """The attempt, once it has begun with its script."""
    events = folder.attempt(attempt.number).events
    wait_until(lambda: b"validation" in events.read_bytes() if events.exists() else False, bool, **OFTEN)
    return wait_until(lambda: attempt, lambda attempt: attempt.has_begun, **OFTEN)


def ended(attempt: LaunchedAttempt) -> LaunchedAttempt:
    """The attempt, once it is over."""
    wait_until(lambda: not attempt.poll(), bool, **OFTEN)
    return attempt
