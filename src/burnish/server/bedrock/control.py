"""What the operations of the control plane share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from burnish.engine.catalogue import Catalogue
from burnish.server.credentials import ServerCredentials
from burnish.server.health import Health
from burnish.server.iam.store import IamStore
from burnish.server.resources import Row
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


def found(control: Control, kind: type[Row], call: Call, identifier: str) -> Row:
    """A resource of the caller's region. A fault that names it when there is none."""
    row = control.store.find(kind, call.caller.region, identifier)
    if row is None:
        raise ServiceFault(
            "ResourceNotFoundException", f"The provided identifier {identifier!r} was not found"
        )
    return row


def moment(timestamp: float | None) -> datetime | None:
    """A Unix time as the wire's timestamp."""
    return datetime.fromtimestamp(timestamp, UTC) if timestamp is not None else None


def tag_map(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Tags from the API's list of keys and values."""
    return {tag["key"]: tag["value"] for tag in tags or ()}
