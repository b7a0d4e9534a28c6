"""Tags of jobs, models, throughputs, deployments, imports, batches and evaluations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from burnish.server.bedrock.control import Control, tag_map
from burnish.server.bedrock.faults import invalid, not_found
from burnish.server.wire.call import Call, ServiceFault
from burnish.server.wire.schema import operation_model

#: As AWS has it, though Bedrock's shapes say 200.
MAX_TAGS = 50
RESERVED = "aws:"
TOO_MANY = "TooManyTagsException"
#: The members of requests that are tags.
MEMBERS = ("tags", "jobTags", "customModelTags", "importedModelTags")


def with_checked_tags(
    operation: Callable[[Control, Call], Awaitable[Mapping[str, Any]]],
) -> Callable[[Control, Call], Awaitable[Mapping[str, Any]]]:
    """The operation, refused where the tags of its request are none that a resource may have."""

    async def checked(control: Control, call: Call) -> Mapping[str, Any]:
        for member in MEMBERS:
            _check_tags(call, call.parameters.get(member) or ())
        return await operation(control, call)

    return checked


async def tag(control: Control, call: Call) -> Mapping[str, Any]:
    """Add tags to a resource."""
    arn, tags = _resource(control, call), tag_map(call.parameters["tags"])
    if len(control.store.tags_of(arn) | tags) > MAX_TAGS:
        raise _too_many(call, arn)
    control.store.set_tags(arn, tags)
    return {}


async def untag(control: Control, call: Call) -> Mapping[str, Any]:
    """Take tags off a resource."""
    control.store.remove_tags(_resource(control, call), list(call.parameters["tagKeys"]))
    return {}


async def list_tags(control: Control, call: Call) -> Mapping[str, Any]:
    """The tags of a resource."""
    tags = control.store.tags_of(_resource(control, call))
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


def _check_tags(call: Call, tags: Sequence[Mapping[str, str]]) -> None:
    keys = [tag["key"] for tag in tags]
    if reserved := next((key for key in keys if key.lower().startswith(RESERVED)), None):
        raise invalid(f"The tag key {reserved!r} is not allowed: keys that begin with aws: are AWS's own")
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise invalid(f"The tag key {twice!r} is given more than once: give each key once")
    if len(keys) > MAX_TAGS:
        raise _too_many(call, call.parameters.get("resourceARN"))


def _too_many(call: Call, arn: str | None) -> ServiceFault:
    message = f"A resource has at most {MAX_TAGS} tags"
    declared = {shape.name for shape in operation_model(call.service, call.operation).error_shapes}
    return ServiceFault(TOO_MANY, message, resourceName=arn) if TOO_MANY in declared else invalid(message)


def _resource(control: Control, call: Call) -> str:
    arn = str(call.parameters["resourceARN"])
    if not control.store.exists(arn):
        raise not_found(f"There is no resource {arn}")
    return arn
