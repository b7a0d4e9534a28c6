"""What the operations of the control plane share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from burnish.engine.catalogue import Catalogue
from burnish.policies.evaluation import Grants
from burnish.server.bedrock.faults import conflict, not_found
from burnish.server.capacity import Capacity, capacity_here
from burnish.server.credentials import ServerCredentials
from burnish.server.forecast import Forecast
from burnish.server.health import Health
from burnish.server.iam.store import IamStore
from burnish.server.logging_configurations import LoggingConfigurations
from burnish.server.resources import (
    AnyRow,
    CustomModel,
    Deployment,
    EvaluationJob,
    ImportedWeights,
    ImportJob,
    InvocationJob,
    Job,
    Row,
    Throughput,
)
from burnish.server.s3.public_access import PublicAccessBlocks
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.store import Store
from burnish.server.teacher_endpoint import TeacherEndpoint
from burnish.server.wire.call import Call, ServiceFault

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Control:
    """The state that operations read and change."""

    data: Path
    store: Store
    iam: IamStore
    catalogue: Catalogue
    weights: Mapping[str, Path]
    credentials: ServerCredentials
    objects_endpoint: str
    health: Health = field(default_factory=Health)
    capacity: Capacity = field(default_factory=capacity_here)
    teacher_endpoint: TeacherEndpoint | None = None

    @cached_property
    def public_access(self) -> PublicAccessBlocks:
        """What S3 clients have set of it for buckets."""
        storage = RoleStorage(self.objects_endpoint, self.credentials, Grants())
        return PublicAccessBlocks(self.store.database, storage)

    @cached_property
    def logging_configurations(self) -> LoggingConfigurations:
        """Where each region logs its invocations."""
        return LoggingConfigurations(self.store.database)

    @cached_property
    def forecast(self) -> Forecast:
        """When jobs begin and end, told by what is noted there of those at work."""
        return Forecast(self.store, self.health, slots=self.capacity.slots)


_WHAT: Mapping[type, str] = {
    Job: "fine-tuning job",
    CustomModel: "custom model",
    Deployment: "custom model deployment",
    Throughput: "provisioned throughput",
    ImportJob: "import job",
    ImportedWeights: "imported model",
    InvocationJob: "model invocation job",
    EvaluationJob: "evaluation job",
}


def found(control: Control, kind: type[Row], call: Call, identifier: str) -> Row:
    """A resource of the caller's region. A fault that names it when there is none."""
    row = control.store.find(kind, call.caller.region, identifier)
    if row is None:
        raise not_found(f"There is no {_WHAT[kind]} {identifier!r} in {call.caller.region}")
    return row


def require_free_job_name(control: Control, kind: type[Row], call: Call) -> None:
    """Raise a fault where a job of this kind has the name that is asked for."""
    name = call.parameters["jobName"]
    # By its name alone: what looks like the id of another job is a name as well.
    if control.store.is_named(kind, call.caller.region, name):
        raise conflict(f"The provided job name {name} is currently in use")


def made_before(control: Control, call: Call) -> str | None:
    """The ARN of what an earlier request with the same token made, or None."""
    return control.store.made_for(call.operation, call.parameters.get("clientRequestToken"))


def kept(control: Control, call: Call, row: AnyRow, *, tags: str = "tags") -> str:
    """Keep a new resource, with its tags and the token that asked for it; gives its ARN."""
    token = call.parameters.get("clientRequestToken")
    # In one transaction with the resource: a token that is kept without it would answer with nothing.
    control.store.add(
        row, token=(call.operation, token) if token else None, tags=tag_map(call.parameters.get(tags))
    )
    return row.arn


def require_settled(item: Throughput | Deployment, what: str, fault: Callable[[str], ServiceFault]) -> None:
    """Refuse to change what is changing: the supervisor would write its own end over that."""
    if item.status in ("Creating", "Updating"):
        raise fault(f"The {what} {item.name} is {item.status}: wait until that is done")


def tell_without_effect(kind: str, name: str, members: Sequence[str]) -> None:
    """Log what was asked for that is kept and shown, and changes nothing here."""
    if members:
        log.warning("%s %s: %s", kind, name, without_effect(members))


def without_effect(members: Sequence[str]) -> str:
    """The sentence about members that are kept and shown, and change nothing here; empty without any."""
    return f"{' and '.join(members)}: kept, without effect on this server" if members else ""


def moment(timestamp: float | None) -> datetime | None:
    """A Unix time as the wire's timestamp."""
    return datetime.fromtimestamp(timestamp, UTC) if timestamp is not None else None


def tag_map(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Tags from the API's list of keys and values."""
    return {tag["key"]: tag["value"] for tag in tags or ()}
