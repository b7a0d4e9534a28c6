"""Lists as Bedrock gives them: filtered, sorted by creation, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from burnish.server.bedrock.control import Control
from burnish.server.resources import AnyRow, Row
from burnish.server.selections import Position, Selection
from burnish.server.wire.call import Call, ServiceFault
from burnish.server.wire.page_tokens import position_of, token_of

USUAL_PAGE = 100
#: What may differ between the pages of one list.
_OF_A_PAGE = ("nextToken", "maxResults")


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
        made_from=_moment(asked, "creationTimeAfter", "createdAfter"),
        made_until=_moment(asked, "creationTimeBefore", "createdBefore"),
        ascending=asked.get("sortOrder") == "Ascending",
        after=_position(call),
    )
    rows = control.store.page(kind, call.caller.region, selection, size=size + 1)
    page, more = rows[:size], rows[size:]
    return page, _token_after(page[-1], call) if more else None


def _token_after(row: AnyRow, call: Call) -> str:
    return token_of((repr(row.created_at), row.arn), of=_list_of(call))


def _list_of(call: Call) -> dict[str, Any]:
    """What makes a list this one: its operation, region, filters and order."""
    filters = {name: value for name, value in call.parameters.items() if name not in _OF_A_PAGE}
    return {"operation": call.operation, "region": call.caller.region, "filters": filters}


def _position(call: Call) -> Position | None:
    token = call.parameters.get("nextToken")
    if token is None:
        return None
    try:
        created_at, arn = position_of(token, of=_list_of(call))
        return float(created_at), arn
    except ValueError as error:
        raise ServiceFault(
            "ValidationException",
            "The nextToken is not valid for this list: keep the filters it was given for, or begin again",
        ) from error


def _moment(asked: Mapping[str, Any], *names: str) -> float | None:
    given: list[datetime] = [asked[name] for name in names if asked.get(name) is not None]
    return given[0].timestamp() if given else None
