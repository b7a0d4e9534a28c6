"""Lists as IAM gives them: in the order of a key, a page at a time, each after the last one's key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from burnish.server.wire.call import Call, ServiceFault
from burnish.server.wire.page_tokens import list_of, position_of, token_of

PAGE_SIZE = 100

Members = Mapping[str, Any]
Item = TypeVar("Item")


def page(
    name: str,
    call: Call,
    after: Callable[[str, int], Sequence[Item]],
    *,
    key: Callable[[Item], str],
    shown: Callable[[Item], object] = lambda item: item,
) -> Members:
    """The part of a list that a request asks for, under ``name``, with the marker of the next part.

    ``after`` gives so many items whose keys come after a key; all keys come after the empty one.
    """
    size = call.parameters.get("MaxItems") or PAGE_SIZE
    # One more than is shown, which tells whether there is a next page without counting all.
    items = after(_position(call), size + 1)
    more = len(items) > size
    return {
        name: [shown(item) for item in items[:size]],
        "IsTruncated": more,
        "Marker": token_of([key(items[size - 1])], of=list_of(call)) if more else None,
    }


def among(items: Sequence[Item], key: Callable[[Item], str]) -> Callable[[str, int], Sequence[Item]]:
    """Takes the items of a page from a short list, which is in the order of its keys."""
    return lambda after, size: [item for item in items if key(item) > after][:size]


def _position(call: Call) -> str:
    marker = call.parameters.get("Marker")
    if marker is None:
        return ""
    try:
        (key,) = position_of(marker, of=list_of(call))
    except ValueError as error:
        raise ServiceFault("ValidationError", "Invalid Marker: begin the list again without it") from error
    return key
