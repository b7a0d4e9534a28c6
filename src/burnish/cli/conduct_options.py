"""Options of `burnish serve` that say how it answers, whatever it is asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from burnish.cli.options import option
from burnish.errors import InvalidConfig
from burnish.processes.secrecy import secrets_in

if TYPE_CHECKING:
    from burnish.server.cluster.cluster_setting import ClusterSetting
    from burnish.server.running import Conduct
    from burnish.server.teacher_endpoint import TeacherEndpoint


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ConductOptions:
    """How many requests of a key at a time, with which faults, and how they are counted and ended."""

    max_at_once: Annotated[
        int,
        Parameter(
            help="How many requests of one access key to answer at a time; more are throttled.",
            validator=validators.Number(gte=1),
        ),
    ] = 512  # above what a program of one's own needs, below what would take every connection
    faults: Annotated[
        Path | None,
        option("A TOML file of faults to inject: shares of requests to throttle, delay, fail or drop."),
    ] = None
    grace: Annotated[
        float,
        Parameter(
            help="Seconds that requests in progress may take to be answered when the server stops.",
            validator=validators.Number(gte=0),
        ),
    ] = 30.0
    metrics_port: Annotated[
        int | None,
        Parameter(
            help="Serve metrics in Prometheus' format at /metrics of this port, on this machine only; 0 "
            "picks a free one.",
            validator=validators.Number(gte=0, lte=65535),
        ),
    ] = None

    teacher_endpoint: Annotated[
        str | None,
        Parameter(
            help="Where distillations ask teachers that are not served here: aws, or a URL. It is billed to "
            "the credentials in this environment, which are kept in memory only, or to --teacher-profile."
        ),
    ] = None
    teacher_region: Annotated[str, Parameter(help="The region of that endpoint.")] = "us-east-1"
    teacher_profile: Annotated[str | None, Parameter(help="The AWS profile that asks there.")] = None
    teacher_prompts: Annotated[
        int | None,
        Parameter(
            help="How many prompts of one job to have answered there at most.",
            validator=validators.Number(gte=1),
        ),
    ] = None

    def conduct(self, cluster: ClusterSetting | None = None) -> Conduct:
        """The conduct, with the secrets of this environment where teachers are asked with them.

        Raises `InvalidConfig` for a file of faults that is wrong, and for a teacher without a limit.
        """
        from burnish.server.planned_faults import plan_in
        from burnish.server.running import Conduct

        return Conduct(
            max_at_once=self.max_at_once,
            faults=plan_in(self.faults) if self.faults is not None else None,
            grace=self.grace,
            metrics_port=self.metrics_port,
            teacher_endpoint=self._teacher_endpoint(),
            cluster=cluster,
        )

    def _teacher_endpoint(self) -> TeacherEndpoint | None:
        from burnish.server.teacher_endpoint import TeacherEndpoint

        if self.teacher_endpoint is None:
            if self.teacher_profile or self.teacher_prompts:
                raise InvalidConfig("The teacher", ["--teacher-endpoint is missing: give aws or a URL"])
            return None
        if self.teacher_prompts is None:
            raise InvalidConfig(
                "The teacher", ["--teacher-prompts is missing: say how many prompts of a job may be billed"]
            )
        return TeacherEndpoint(
            url=self.teacher_endpoint,
            region=self.teacher_region,
            profile=self.teacher_profile,
            max_prompts=self.teacher_prompts,
            secrets={} if self.teacher_profile else secrets_in(os.environ),
        )
