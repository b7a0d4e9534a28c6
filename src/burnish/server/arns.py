"""ARNs of what this server makes: each ends in twelve characters, as Bedrock's patterns ask."""

from __future__ import annotations

import secrets
import string

from burnish.server.wire.call import Identity


def new_arn(caller: Identity, kind: str) -> str:
    """A fresh ARN of a kind, e.g. ``provisioned-model`` or ``custom-model/local.smollm2-v1:0``."""
    suffix = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))
    return f"arn:aws:bedrock:{caller.region}:{caller.account_id}:{kind}/{suffix}"


def id_in(arn: str) -> str:
    """The twelve characters at the end of an ARN."""
    return arn.rpartition("/")[2]
