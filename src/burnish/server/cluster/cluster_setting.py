"""How a server is told of the cluster that its jobs run on, and what follows from that for its door."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from burnish.errors import CannotStart
from burnish.server.bedrock.control import Control
from burnish.server.capacity import Capacity
from burnish.server.cluster.jobs_api import RayJobs, is_loopback
from burnish.server.cluster.ray_launcher import RayLauncher
from burnish.server.cluster.submitting import AGENT, ClusterDoor
from burnish.server.s3.role_storage import ALL_OF_S3, RoleStorage
from burnish.server.server_file import RunningServer

#: Jobs that are given to the cluster at once, where nothing else is asked for; Ray has those wait that do not
#: fit.
USUAL_JOBS = 8


@dataclass(frozen=True, kw_only=True)
class ClusterSetting:
    """The Jobs API of a cluster and its token, what a job takes of a node, and its interpreter there.

    ``endpoint`` is this server as the nodes reach it; without one, its own address is.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    endpoint: str | None = None
    cpus: int = 1
    gpus: int = 0
    python: str = "python"

    @property
    def host(self) -> str | None:
        """The name by which nodes ask for this server, where that is one of its own."""
        return urlsplit(self.endpoint).hostname if self.endpoint else None

    def capacity(self, jobs: int | None) -> Capacity:
        """So many jobs at once, each with the same share of a node."""
        count = jobs or USUAL_JOBS
        return Capacity(jobs=count, cores=count * self.cpus, is_elsewhere=True)

    def require_reachable(self, own_url: str) -> None:
        """Raise `CannotStart` where nodes elsewhere are to come to an address of this machine alone."""
        endpoint = self.endpoint or own_url
        if is_loopback(urlsplit(endpoint).hostname or "") and not RayJobs(self.url).is_on_this_machine:
            raise CannotStart(
                f"The nodes of the cluster at {self.url} cannot reach this server at {endpoint}, which is an "
                "address of this machine alone: listen with --host at one of its others, and give that "
                "with --cluster-endpoint URL"
            )

    def launcher(self, control: Control, server: RunningServer) -> RayLauncher:
        """What starts jobs on the cluster."""
        return RayLauncher(
            ClusterDoor(
                jobs=RayJobs(self.url, self.token),
                iam=control.iam,
                storage=RoleStorage(control.objects_endpoint, control.credentials, ALL_OF_S3),
                endpoint=self.endpoint or server.url,
                certificate=Path(server.ca_bundle).read_text(encoding="utf-8") if server.ca_bundle else None,
                gpus=self.gpus,
                command=f"{self.python} -m {AGENT}",
            )
        )
