"""A caller of the operations, alone in a region of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType
from typing import Any

from burnish.server.bedrock.control import Control
from burnish.server.bedrock.operations import OPERATIONS
from burnish.server.principals import Principal
from burnish.server.wire.call import Call, Identity

_numbers = count()


@dataclass(frozen=True, kw_only=True)
class Region:
    """A region that nobody else uses: a caller in it sees only what a test has put there."""

    control: Control
    name: str = field(default_factory=lambda: f"region-{next(_numbers)}")
    acting: Principal | None = None

    def arn(self, kind: str) -> str:
        """A fresh ARN."""
        return f"arn:aws:bedrock:{self.name}:123456789012:{kind}/{next(_numbers):012}"

    def answer(
        self, operation: str, *, own_headers: Mapping[str, str] = MappingProxyType({}), **parameters: Any
    ) -> Any:
        """What an operation answers. Raises its fault."""
        caller = Identity(account_id="123456789012", access_key="AKIA", region=self.name, acting=self.acting)
        call = Call(
            service="bedrock",
            operation=operation,
            parameters=parameters,
            caller=caller,
            own_headers=own_headers,
        )
        return asyncio.run(OPERATIONS[operation](self.control, call))
