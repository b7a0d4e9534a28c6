"""The tokens with which a list goes on: where the last page ended, for this list and no other.

A token is no secret and opens nothing: whoever could forge one may see the whole list anyway. The checksum is
there to tell somebody who cut one off, or who changed the filters half way, instead of showing another list.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from burnish.server.wire.call import Call

_CHECKSUM_BYTES = 12
#: What may differ between the pages of one list, in Bedrock's words and in IAM's.
_OF_A_PAGE = ("nextToken", "maxResults", "Marker", "MaxItems")


def list_of(call: Call) -> Mapping[str, Any]:
    """What makes a list this one: its operation, region, filters and order."""
    filters = {name: value for name, value in call.parameters.items() if name not in _OF_A_PAGE}
    return {"operation": call.operation, "region": call.caller.region, "filters": filters}


def token_of(position: Sequence[str], *, of: Mapping[str, Any]) -> str:
    """The token that says where a list goes on. ``of`` is what makes the list this one, e.g. its filters."""
    return _marked("\n".join(position).encode(), of)


def position_of(token: str, *, of: Mapping[str, Any]) -> list[str]:
    """The position in a token. Raises `ValueError` for one that is not ours, or that is of another list."""
    text = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)[_CHECKSUM_BYTES:]
    if _marked(text, of) != token:
        raise ValueError("the token belongs to another list, or has been changed")
    return text.decode().split("\n")


def _marked(text: bytes, of: Mapping[str, Any]) -> str:
    named = json.dumps(dict(of), sort_keys=True, default=str).encode()
    checksum = hashlib.sha256(named + b"\0" + text).digest()[:_CHECKSUM_BYTES]
    return base64.urlsafe_b64encode(checksum + text).decode()
