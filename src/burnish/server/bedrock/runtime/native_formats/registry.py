"""Which format a called model takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from burnish.server.bedrock.runtime.native_formats.claude import CLAUDE_FORMAT
from burnish.server.bedrock.runtime.native_formats.llama import LLAMA_FORMAT
from burnish.server.bedrock.runtime.native_formats.native_format import NativeFormat
from burnish.server.bedrock.runtime.native_formats.nova import NOVA_FORMAT

#: By the names of families (`burnish.families`).
FORMATS: Mapping[str, NativeFormat] = {
    "nova": NOVA_FORMAT,
    "llama": LLAMA_FORMAT,
    "claude": CLAUDE_FORMAT,
}
#: Members that a body has in one format alone.
TELLING_MEMBERS = {"anthropic_version": CLAUDE_FORMAT, "prompt": LLAMA_FORMAT}


def format_for(family: str | None, body: Mapping[str, Any]) -> NativeFormat:
    """The format of a family. A model of another one, such as your own, takes any: the body tells which."""
    told = (form for member, form in TELLING_MEMBERS.items() if member in body)
    return FORMATS.get(family or "") or next(told, NOVA_FORMAT)
