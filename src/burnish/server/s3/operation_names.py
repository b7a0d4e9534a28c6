"""What S3 calls the operation that a request means, by its method, its place, its query and its headers.

The operations are those of botocore's model; nobody types them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

from burnish.server.request_record import UNKNOWN
from burnish.server.s3.addressing import bucket_of_host, has_key
from burnish.server.wire.heads import RequestHead
from burnish.server.wire.schema import Operation, service_model, wire_name

#: A form in a browser posts to a bucket: the one request of which no SDK has an operation.
POST_OBJECT = "PostObject"
#: Two names of one request each: that of general purpose buckets, and the one that is not deprecated.
_OTHER_NAMES = ("ListDirectoryBuckets", "WriteGetObjectResponse")


@dataclass(frozen=True, kw_only=True)
class _NamedOperation:
    """An operation, and what of a query and of headers a request must have to mean it."""

    name: str
    query: frozenset[str]
    headers: frozenset[str]

    @property
    def demands(self) -> int:
        return len(self.query) + len(self.headers)


def operation_of(head: RequestHead) -> str:
    """The operation that a request means: of several that fit, the one that asks for most."""
    names = frozenset(name for name, _ in head.pairs)
    place = (has_key(head), bool(bucket_of_host(head) or head.raw_path.strip("/")))
    for operation in _operations().get((head.method, *place), ()):
        if operation.query <= names and operation.headers <= head.names:
            return operation.name
    return POST_OBJECT if head.method == "POST" and place == (False, True) and not names else UNKNOWN


@cache
def _operations() -> dict[tuple[str, bool, bool], list[_NamedOperation]]:
    """The operations by their method and place, those that ask for most first."""
    found: dict[tuple[str, bool, bool], list[_NamedOperation]] = {}
    model = service_model("s3")
    for name in model.operation_names:
        operation = model.operation_model(name)
        if name in _OTHER_NAMES or operation.deprecated:
            continue
        path, _, query = operation.http["requestUri"].partition("?")
        place = (operation.http["method"], "{Key+}" in path, "{Bucket}" in path)
        fixed = {key for key, _ in parse_qsl(query, keep_blank_values=True)}
        found.setdefault(place, []).append(
            _NamedOperation(
                name=name,
                query=frozenset(fixed | _required(operation, "querystring")),
                headers=frozenset(_required(operation, "header")),
            )
        )
    return {place: sorted(named, key=lambda one: -one.demands) for place, named in found.items()}


def _required(operation: Operation, location: str) -> set[str]:
    shape = operation.input_shape
    required = {name: shape.members[name] for name in shape.required_members} if shape else {}
    return {
        wire_name(name, member)
        for name, member in required.items()
        if member.serialization.get("location") == location
    }
