"""Options of `burnish serve` that say where jobs are trained, and how many at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from cyclopts import Parameter, validators

from burnish.errors import CannotStart

if TYPE_CHECKING:
    from burnish.server.cluster.cluster_setting import ClusterSetting


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How many jobs at once; a cluster's address, how it reaches this server, and what a job takes there."""

    jobs: Annotated[
        int | None,
        Parameter(
            help="How many jobs to train at once, each on its share of the cores; by default one a GPU, "
            "or one for every four cores, and eight on a cluster.",
            validator=validators.Number(gte=1),
        ),
    ] = None

    launcher: Annotated[
        str | None,
        Parameter(
            help="Train jobs on a Ray cluster: the address of its Jobs API, http://HEAD:8265. Its token is "
            "read from RAY_AUTH_TOKEN."
        ),
    ] = None
    cluster_endpoint: Annotated[
        str | None,
        Parameter(help="This server's URL as the nodes of the cluster reach it; by default its own address."),
    ] = None
    cluster_cpus: Annotated[
        int,
        Parameter(help="Cores of a node that each job takes.", validator=validators.Number(gte=1)),
    ] = 1
    cluster_gpus: Annotated[
        int,
        Parameter(help="GPUs of a node that each job takes.", validator=validators.Number(gte=0)),
    ] = 0
    cluster_python: Annotated[
        str, Parameter(help="The Python of the nodes, with Burnish installed; by default that in their path.")
    ] = "python"

    def cluster(self) -> ClusterSetting | None:
        """The cluster; None where jobs are trained on this machine. Raises `CannotStart`."""
        if self.launcher is None:
            if self.cluster_endpoint:
                raise CannotStart("--cluster-endpoint takes a cluster: give --launcher http://HEAD:8265, too")
            return None
        from burnish.server.cluster.cluster_setting import ClusterSetting
        from burnish.server.cluster.jobs_api import cluster_address, taken_token

        if self.cluster_endpoint and urlsplit(self.cluster_endpoint).scheme not in ("http", "https"):
            raise CannotStart(
                f"--cluster-endpoint {self.cluster_endpoint!r} is not a URL: give http://THIS-MACHINE:8800"
            )
        return ClusterSetting(
            url=cluster_address(self.launcher),
            token=taken_token(os.environ),
            endpoint=self.cluster_endpoint,
            cpus=self.cluster_cpus,
            gpus=self.cluster_gpus,
            python=self.cluster_python,
        )
