"""What a format of a model family is: its requests as Converse's, and answers in its own JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from burnish.server.bedrock.runtime.replies import BlockDelta, BlockStart, BlockStop, Reply

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class NativeFormat:
    """How a family's models are asked and answer.

    A stream has the chunks of ``opening`` before its first block, those of ``block`` with each part of one,
    and those of ``closing``, one at least, at the end. Models are named by the id that was called.
    """

    #: The members of the Converse request that asks the same. Raises `ServiceFault`.
    asked: Callable[[Json], dict[str, Any]]
    response: Callable[[Reply, str], Json]
    opening: Callable[[BlockStart, str], Sequence[Json]]
    block: Callable[[BlockStart | BlockDelta | BlockStop], Sequence[Json]]
    closing: Callable[[Reply], Sequence[Json]]
