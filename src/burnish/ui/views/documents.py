"""Classified documents: what `burnish classify` has made of them, whatever their number."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response

from burnish.classification.decisions import ReviewDecision
from burnish.classification.result_files import Order, ResultRow
from burnish.errors import BurnishError, InvalidInput, NotFound
from burnish.ui.page_pictures import LARGE
from burnish.ui.visits import SiteView, Visit

#: Rows on a page.
_SHOWN = 100
_ORDERS: dict[str, Order] = {"document": "document", "least-sure": "least-sure"}


def listed(visit: Visit) -> Response:
    """The classifications that were found."""
    return visit.page("documents/list.html.jinja", lines=visit.bench.classifications.lines())


def rows(visit: Visit) -> Response:
    """The documents of a classification, with a decision and a label if these are chosen."""
    decision, label, order = _filters(visit)
    offset = visit.number("offset", 0)
    with visit.bench.classifications.results(visit.path("key")) as results:
        return visit.page(
            "documents/rows.html.jinja",
            home=_home(visit),
            key=visit.path("key"),
            table=visit.bench.classifications.table(visit.path("key")),
            rows=results.rows(offset=offset, limit=_SHOWN, decision=decision, label=label, order=order),
            total=results.count(decision=decision, label=label),
            labels=results.labels(),
            counts={one: results.count(decision=one) for one in ReviewDecision},
            filters=_parameters(decision, label, order),
            offset=offset,
            limit=_SHOWN,
        )


def document(visit: Visit) -> Response:
    """A document with its page, between its neighbours in the list."""
    row, total = _chosen(visit)
    decision, label, order = _filters(visit)
    return visit.page(
        "documents/document.html.jinja",
        home=_home(visit),
        key=visit.path("key"),
        row=row,
        place=visit.number("place", 0),
        total=total,
        filters=_parameters(decision, label, order),
        trouble=_trouble_with(visit, row),
    )


def picture(visit: Visit) -> Response:
    """The page of a document as a picture. Where its file lies the results say, and not the visitor."""
    row, _ = _chosen(visit)
    return Response(_picture(visit, row), media_type="image/webp")


def _chosen(visit: Visit) -> tuple[ResultRow, int]:
    """The document at a place of the list, and how many there are in that."""
    decision, label, order = _filters(visit)
    place = visit.number("place", 0)
    with visit.bench.classifications.results(visit.path("key")) as results:
        found = results.rows(offset=place, limit=1, decision=decision, label=label, order=order)
        total = results.count(decision=decision, label=label)
    if not found:
        raise NotFound("There is no document at this place: go back to the list")
    return found[0], total


def _picture(visit: Visit, row: ResultRow) -> bytes:
    return visit.bench.document_pictures.picture(Path(row.path), row.first_page or 1, LARGE)


def _trouble_with(visit: Visit, row: ResultRow) -> str:
    """Why a page cannot be shown; empty where it can."""
    try:
        _picture(visit, row)
    except BurnishError as error:
        return error.in_terminal
    return ""


def _home(visit: Visit) -> str:
    return f"/documents/{visit.path('key')}"


def _filters(visit: Visit) -> tuple[ReviewDecision | None, str | None, Order]:
    decision, order = visit.query("decision"), visit.query("order", "document")
    if decision and decision not in set(ReviewDecision):
        raise InvalidInput(f"decision is {decision!r}: it must be one of {', '.join(ReviewDecision)}")
    if order not in _ORDERS:
        raise InvalidInput(f"order is {order!r}: it must be one of {', '.join(_ORDERS)}")
    return ReviewDecision(decision) if decision else None, visit.query("label") or None, _ORDERS[order]


def _parameters(decision: ReviewDecision | None, label: str | None, order: Order) -> dict[str, str | None]:
    return {"decision": decision, "label": label, "order": order if order != "document" else None}


VIEW = SiteView(
    title="Documents",
    path="/documents",
    pages={"": listed, "/{key}": rows, "/{key}/document": document, "/{key}/picture": picture},
)
