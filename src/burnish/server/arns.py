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


def region_in(arn: str) -> str:
    """The region of an ARN."""
    return arn.split(":", 5)[3]


def kms_arn(key: str, *, like: str) -> str:
    """The ARN of a key that is given by its id, alias or ARN, in the region and account of another ARN."""
    if key.startswith("arn:"):
        return key
    _, _, _, region, account, _ = like.split(":", 5)
    resource = key if key.startswith("alias/") else f"key/{key.removeprefix('key/')}"
    return f"arn:aws:kms:{region}:{account}:{resource}"
