"""Tags of jobs, custom models, throughputs and deployments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from burnish.server.bedrock.control import Control, tag_map
from burnish.server.bedrock.faults import not_found
from burnish.server.wire.call import Call, ServiceFault

MAX_TAGS = 200


async def tag(control: Control, call: Call) -> Mapping[str, Any]:
    """Add tags to a resource."""
    arn, tags = _resource(control, call), tag_map(call.parameters["tags"])
    if len(control.store.tags_of(arn) | tags) > MAX_TAGS:
        raise ServiceFault(
            "TooManyTagsException", f"A resource has at most {MAX_TAGS} tags", resourceName=arn
        )
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


def _resource(control: Control, call: Call) -> str:
    arn = str(call.parameters["resourceARN"])
    if not control.store.exists(arn):
        raise not_found(f"There is no resource {arn}")
    return arn
