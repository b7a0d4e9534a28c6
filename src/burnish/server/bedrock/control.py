"""What the operations of the control plane share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from burnish.engine.catalogue import Catalogue
from burnish.server.bedrock.faults import not_found
from burnish.server.credentials import ServerCredentials
from burnish.server.health import Health
from burnish.server.iam.store import IamStore
from burnish.server.resources import AnyRow, CustomModel, Deployment, Job, Row, Throughput
from burnish.server.store import Store
from burnish.server.wire.call import Call, ServiceFault


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


_WHAT: Mapping[type, str] = {
    Job: "fine-tuning job",
    CustomModel: "custom model",
    Deployment: "custom model deployment",
    Throughput: "provisioned throughput",
}


def found(control: Control, kind: type[Row], call: Call, identifier: str) -> Row:
    """A resource of the caller's region. A fault that names it when there is none."""
    row = control.store.find(kind, call.caller.region, identifier)
    if row is None:
        raise not_found(f"There is no {_WHAT[kind]} {identifier!r} in {call.caller.region}")
    return row


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


def moment(timestamp: float | None) -> datetime | None:
    """A Unix time as the wire's timestamp."""
    return datetime.fromtimestamp(timestamp, UTC) if timestamp is not None else None


def tag_map(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Tags from the API's list of keys and values."""
    return {tag["key"]: tag["value"] for tag in tags or ()}
