"""STS: who is asking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from burnish.server.wire.call import Call, Handler


def sts_handlers() -> dict[tuple[str, str], Handler]:
    """The handlers of STS's operations."""
    return {("sts", "GetCallerIdentity"): get_caller_identity}


async def get_caller_identity(call: Call) -> Mapping[str, Any]:
    """The account, whose root the one access key of this server belongs to."""
    account = call.caller.account_id
    return {"UserId": account, "Account": account, "Arn": f"arn:aws:iam::{account}:root"}
