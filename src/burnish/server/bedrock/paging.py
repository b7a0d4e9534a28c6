"""Lists as Bedrock gives them: filtered, sorted by creation, a page at a time."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from burnish.server.wire.call import ServiceFault

USUAL_PAGE = 100


class Listed(Protocol):
    """What can be listed."""

    @property
    def arn(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def created_at(self) -> float: ...


Item = TypeVar("Item", bound=Listed)


def page_of(
    items: Sequence[Item], asked: Mapping[str, Any], keep: Callable[[Item], bool] = lambda _: True
) -> tuple[list[Item], str | None]:
    """One page of the items that the request's filters keep, and the token of the next page, if any."""
    kept = [item for item in items if keep(item) and _within(item, asked)]
    kept.sort(key=lambda item: (item.created_at, item.arn), reverse=asked.get("sortOrder") != "Ascending")
    start = _start(kept, asked.get("nextToken"))
    size = asked.get("maxResults") or USUAL_PAGE
    page = kept[start : start + size]
    more = start + size < len(kept)
    return page, base64.urlsafe_b64encode(page[-1].arn.encode()).decode() if more else None


def _within(item: Listed, asked: Mapping[str, Any]) -> bool:
    after, before = asked.get("creationTimeAfter"), asked.get("creationTimeBefore")
    return (
        (after is None or item.created_at >= after.timestamp())
        and (before is None or item.created_at <= before.timestamp())
        and (asked.get("nameContains") or "") in item.name
    )


def _start(items: Sequence[Listed], token: str | None) -> int:
    """Where the page after a token begins. The token names the last item seen, so new items move nothing."""
    if token is None:
        return 0
    arns = [base64.urlsafe_b64encode(item.arn.encode()).decode() for item in items]
    if token not in arns:
        raise ServiceFault(
            "ValidationException", "The nextToken is not valid: begin the list again without it"
        )
    return arns.index(token) + 1
