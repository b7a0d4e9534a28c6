"""The regions of Amazon Bedrock: a misspelt one is told before a name is looked up in vain."""

from __future__ import annotations

import socket
from collections.abc import Collection

from burnish.errors import InvalidConfig
from burnish.suggestions import did_you_mean


def require_region(region: str, known: Collection[str]) -> None:
    """Raise `InvalidConfig`, with the nearest of the known regions, for one in which Bedrock is not."""
    # AWS adds regions, and boto3 learns of them with its next version only.
    if region not in known and not _has_endpoint(region):
        problem = f"Amazon Bedrock is in no such region.{did_you_mean(region, known)}"
        raise InvalidConfig(f"The region {region!r}", [problem])


def _has_endpoint(region: str) -> bool:
    try:
        return bool(socket.getaddrinfo(f"bedrock.{region}.amazonaws.com", 443))
    except (OSError, UnicodeError):
        return False
