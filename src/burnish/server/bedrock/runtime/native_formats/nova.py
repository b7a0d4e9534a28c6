"""Amazon Nova's format, ``messages-v1``: Converse's own members, with bytes in base64.

Source: the Nova user guide, "Complete request schema". ``max_new_tokens`` and the like are its older names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from burnish.server.bedrock.runtime.conversations import block_events, content_block
from burnish.server.bedrock.runtime.native_formats.bodies import malformed
from burnish.server.bedrock.runtime.native_formats.native_format import Json, NativeFormat
from burnish.server.bedrock.runtime.replies import BlockDelta, BlockStart, BlockStop, Reply
from burnish.server.bedrock.runtime.usage import usage_of
from burnish.server.wire.rest_json import members_in
from burnish.server.wire.schema import operation_model

VERSION = "messages-v1"
MEMBERS = ("schemaVersion", "system", "messages", "inferenceConfig", "toolConfig")
OLDER_NAMES = {"max_new_tokens": "maxTokens", "top_p": "topP", "top_k": "topK"}
CONFIG_MEMBERS = ("maxTokens", "temperature", "topP", "topK", "stopSequences")
MAX_TOP_K = 128


def asked(body: Json) -> dict[str, Any]:
    """What a body asks."""
    _require_known(body, MEMBERS)
    version = body.get("schemaVersion", VERSION)
    if version != VERSION:
        raise malformed(f"schemaVersion must be {VERSION!r}, not {version!r}")
    config = _config_in(body.get("inferenceConfig") or {})
    shape = operation_model("bedrock-runtime", "Converse").input_shape
    members = members_in(shape, {**body, "inferenceConfig": config})
    return {**members, "inferenceConfig": {**members["inferenceConfig"], "topK": config.get("topK")}}


def _config_in(given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise malformed("inferenceConfig must be an object")
    config: dict[str, Any] = {OLDER_NAMES.get(str(name), str(name)): value for name, value in given.items()}
    _require_known(config, CONFIG_MEMBERS, where="/inferenceConfig")
    top_k = config.get("topK")
    if top_k is not None and not (type(top_k) is int and 0 <= top_k <= MAX_TOP_K):
        raise malformed(f"inferenceConfig/topK must be an integer from 0 to {MAX_TOP_K}")
    return config


def _require_known(given: Json, known: tuple[str, ...], *, where: str = "") -> None:
    if unknown := next((name for name in given if name not in known), None):
        raise malformed(f"#{where}: extraneous key [{unknown}] is not permitted")


def response(reply: Reply, model_id: str) -> Json:
    """A whole answer."""
    content = [content_block(one) for one in reply.blocks]
    return {
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": reply.stop_reason,
        "usage": _usage(reply),
    }


def opening(start: BlockStart, model_id: str) -> list[Json]:
    """What comes before the first block."""
    return [{"messageStart": {"role": "assistant"}}]


def block(part: BlockStart | BlockDelta | BlockStop) -> list[Json]:
    """A part of a block: Converse's own event."""
    return [{name: members} for name, members in block_events(part)]


def closing(reply: Reply) -> list[Json]:
    """What comes after the last block."""
    return [
        {"messageStop": {"stopReason": reply.stop_reason}},
        {"metadata": {"usage": _usage(reply), "metrics": {}, "trace": {}}},
    ]


def _usage(reply: Reply) -> dict[str, int]:
    """The numbers of tokens; for those of the cache the format has names of its own."""
    usage = usage_of(reply.answer)
    cached = {
        "cacheReadInputTokenCount": usage.cache_read,
        "cacheWriteInputTokenCount": usage.cache_write,
    }
    known = ("inputTokens", "outputTokens", "totalTokens")
    return {**{name: usage.in_converse[name] for name in known}, **cached}


NOVA_FORMAT = NativeFormat(asked=asked, response=response, opening=opening, block=block, closing=closing)
