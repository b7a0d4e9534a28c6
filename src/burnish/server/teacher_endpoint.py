"""Where teachers of distillations are asked that this server does not have: Bedrock, or another server.

Asking there is billed to the operator of this server, with whose credentials it is done. They are kept in
memory, and handed to the trainings that need them in their environment: no file and no log has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from burnish.errors import ServiceUnavailable

#: How Bedrock itself is named as an endpoint.
AWS = "aws"


class TeacherUnavailable(ServiceUnavailable):
    """A teacher does not answer now, and may later."""


@dataclass(frozen=True, kw_only=True)
class TeacherEndpoint:
    """An endpoint of Bedrock Runtime, who asks there, and how many prompts of one job at most."""

    url: str
    region: str
    profile: str | None = None
    max_prompts: int
    #: Environment variables of the operator's.
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
