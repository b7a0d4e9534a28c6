"""An attempt given to a cluster: what it takes put into S3, its keys issued, and Ray asked to run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import structs

from burnish.errors import InvalidInput
from burnish.processes.messages import encoded
from burnish.server.cluster.attempt_pass import begun_pass
from burnish.server.cluster.jobs_api import RayJobs, RaySubmission
from burnish.server.cluster.launch import Launch
from burnish.server.cluster.remote_folder import BUCKET, ClusterInput, RemoteFolder, send_folder
from burnish.server.cluster.weight_prints import tensors_of
from burnish.server.iam.sessions import end_sessions
from burnish.server.iam.store import IamStore
from burnish.server.job_folder.attempt_input import AttemptInput, read_input
from burnish.server.job_folder.paths import JobFolder
from burnish.server.job_folder.spec import read_spec
from burnish.server.s3.role_storage import RoleStorage

#: What a Ray job runs on its node.
AGENT = "burnish.server.cluster.node_agent"


@dataclass(frozen=True, kw_only=True)
class ClusterDoor:
    """A cluster, and how its nodes come to this server: by which keys, and where it answers them."""

    jobs: RayJobs
    iam: IamStore
    #: All of the server's objects, as the server itself reaches them.
    storage: RoleStorage
    endpoint: str
    certificate: str | None = None
    gpus: float = 0
    command: str = f"python -m {AGENT}"

    def remote(self, folder: JobFolder) -> RemoteFolder:
        """A job's folder in S3."""
        return RemoteFolder(self.storage, folder.path.name)


def submit(door: ClusterDoor, folder: JobFolder, launch: Launch, *, keep: Callable[[Launch], None]) -> None:
    """Give an attempt to the cluster; ``keep`` writes down how far that is, before the next step.

    Raises `InvalidInput` and `NotFound` for what no cluster can run, and `ServiceUnavailable` for what may
    work later: then it is begun again, and finds what the cluster has taken already.
    """
    if launch.sessions:
        if door.jobs.find(launch.submission_id):
            keep(structs.replace(launch, is_submitted=True))
            return
        end_sessions(door.iam, launch.sessions)
    given = read_input(folder.attempt(launch.attempt))
    _require_possible(given)
    _put(door.remote(folder), folder, launch, given)
    spec = read_spec(folder)
    keys = begun_pass(
        door.iam,
        role_arn=spec.request.role_arn,
        job_id=folder.path.name,
        number=launch.attempt,
        endpoint=door.endpoint,
        account_id=door.storage.credentials.account_id,
        certificate=door.certificate,
    )
    launch = structs.replace(launch, sessions=keys.session_ids)
    keep(launch)
    door.jobs.submit(
        RaySubmission(
            submission_id=launch.submission_id,
            entrypoint=door.command,
            environment=keys.environment,
            cpus=launch.threads,
            gpus=door.gpus,
        )
    )
    keep(structs.replace(launch, is_submitted=True))


def _require_possible(given: AttemptInput) -> None:
    if given.teacher or given.remote_teacher:
        raise InvalidInput(
            "Distillation does not run on a cluster: its teacher, and the keys that ask one elsewhere, are "
            "on the server's machine. Start the server without --launcher for it"
        )


def _put(remote: RemoteFolder, folder: JobFolder, launch: Launch, given: AttemptInput) -> None:
    """Put what an attempt takes where it finds it, the orders among it."""
    storage = remote.storage
    if not storage.exists(f"s3://{BUCKET}"):
        storage.make_bucket(f"s3://{BUCKET}")
    if given.tuned_before:
        send_folder(storage, given.tuned_before, remote.tuned)
    taken = ClusterInput(
        sources=given.sources,
        fingerprint=tensors_of(given.weights),
        tunes_further=given.tuned_before is not None,
        grants=given.grants,
        account_id=storage.credentials.account_id,
        threads=launch.threads,
        checkpoint_seconds=given.checkpoint_seconds,
    )
    storage.write(remote.attempt(launch.attempt).input, encoded(taken))
    storage.write(remote.spec, folder.spec.read_bytes())
    storage.write(remote.orders, folder.orders.read_bytes())
