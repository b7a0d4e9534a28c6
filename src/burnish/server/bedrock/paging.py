"""Lists as Bedrock gives them: filtered, sorted by creation, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import invalid
from burnish.server.resources import Row
from burnish.server.selections import Position, Selection
from burnish.server.wire.call import Call
from burnish.server.wire.page_tokens import list_of, position_of, token_of

USUAL_PAGE = 100


def page_of(
    control: Control, kind: type[Row], call: Call, members: Mapping[str, str | tuple[str, ...] | None]
) -> tuple[list[Row], str | None]:
    """One page of a request's list, and the token of the next page, if any.

    ``members`` are filters of this kind: what a column must be, or one of several; None keeps every row.
    """
    asked = call.parameters
    size = asked.get("maxResults") or USUAL_PAGE
    selection = Selection(
        members={name: wanted for name, wanted in members.items() if wanted is not None},
        name_contains=asked.get("nameContains") or "",
        made_from=_moment(asked, "creationTimeAfter", "createdAfter", "submitTimeAfter"),
        made_until=_moment(asked, "creationTimeBefore", "createdBefore", "submitTimeBefore"),
        ascending=asked.get("sortOrder") == "Ascending",
        after=_position(call),
    )
    # One more than is shown, which tells whether there is a next page without counting all.
    rows = control.store.page(kind, call.caller.region, selection, size=size + 1)
    page, more = rows[:size], rows[size:]
    last = page[-1] if more else None
    # `repr`, because a float that comes back rounded would show a row twice, or pass over one.
    return page, token_of((repr(last.created_at), last.arn), of=list_of(call)) if last else None


def _position(call: Call) -> Position | None:
    token = call.parameters.get("nextToken")
    if token is None:
        return None
    try:
        created_at, arn = position_of(token, of=list_of(call))
        return float(created_at), arn
    except ValueError as error:
        raise invalid(
            "The nextToken is not valid for this list: keep the filters that it was made with, or start "
            "again without it"
        ) from error


def _moment(asked: Mapping[str, Any], *names: str) -> float | None:
    given: list[datetime] = [asked[name] for name in names if asked.get(name) is not None]
    return given[0].timestamp() if given else None
