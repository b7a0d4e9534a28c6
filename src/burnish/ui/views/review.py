"""The review queue: one page after another, one key for each decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.background import BackgroundTask
from starlette.responses import Response

from burnish.errors import BurnishError, Conflict, NotFound
from burnish.review.items import ReviewItem
from burnish.review.queue import ReviewQueue
from burnish.ui.links import step, url
from burnish.ui.page_pictures import LARGE
from burnish.ui.visits import SiteView, Visit

if TYPE_CHECKING:
    from burnish.datasets.revising import Revision

#: Labels with a key of their own. More of them are chosen from a list.
_KEYS = "1234567890"


def listed(visit: Visit) -> Response:
    """The classifications that were found, and how far their reviews are."""
    found = visit.bench.classifications
    lines = [line for line in found.lines() if not line.problem]
    return visit.page(
        "review/list.html.jinja", lines=[(line, found.review(line.key).progress()) for line in lines]
    )


def queue(visit: Visit) -> Response:
    """The next item, or the one that is named, with the labels to choose from."""
    found = _queue(visit)
    item = found.item(visit.query("item")) if visit.query("item") else _next(visit, found)
    if item is None:
        return visit.page(
            "review/done.html.jinja",
            home=_home(visit),
            table=visit.bench.classifications.table(visit.path("key")),
            progress=found.progress(),
            skipped=sum(one.key in visit.session.skipped for one in found.upcoming()),
            unavailable=found.unavailable,
        )
    answer = visit.page(
        "review/item.html.jinja",
        home=_home(visit),
        item=item,
        suggestion=found.suggested_label(item),
        seen=found.decision_on(item),
        choices=list(zip(_KEYS, found.labels, strict=False)),
        labels=found.labels,
        progress=found.progress(),
        trouble=_trouble_with(visit, item),
    )
    # While this page is looked at, the next one is made ready.
    answer.background = BackgroundTask(_prepare_next, visit, found, item)
    return answer


def decide(visit: Visit) -> Response:
    """Give an item the label that is pressed, or none, and go on to the next."""
    found = _queue(visit)
    item = found.item(visit.form.get("item", ""))
    now = found.decision_on(item)
    # What was in force when the page was made: if it is another by now, the queue says so.
    seen = now if now and now.id == visit.form.get("seen") else None
    try:
        if "leave_out" in visit.form:
            found.leave_out(item, seen=seen)
        else:
            found.decide(item, visit.form.get("label", ""), seen=seen)
    except Conflict as conflict:
        return visit.redirect(url(_home(visit), item=item.key), notice=str(conflict))
    visit.session.skipped.discard(item.key)
    return visit.redirect(_home(visit))


def skip(visit: Visit) -> Response:
    """Put an item off: it comes again once all others are decided."""
    visit.session.skipped.add(_queue(visit).item(visit.form.get("item", "")).key)
    return visit.redirect(_home(visit))


def resume(visit: Visit) -> Response:
    """Take up again what was put off."""
    visit.session.skipped.clear()
    return visit.redirect(_home(visit))


def undo(visit: Visit) -> Response:
    """Take the last decision back, and show its item again."""
    entry = _queue(visit).undo()
    if entry is None:
        return visit.redirect(_home(visit), notice="There is no decision of yours to take back.")
    return visit.redirect(url(_home(visit), item=entry.item), notice=f"Taken back: {entry.document}.")


def version(visit: Visit) -> Response:
    """What the review has decided, and what can be made of that."""
    return _version_page(visit, None)


def make_version(visit: Visit) -> Response:
    """Make the next version of the data set of what is decided. The version before is kept."""
    from burnish.ui.next_version import next_version

    return _version_page(visit, next_version(visit.bench.clients, _queue(visit)))


def train(visit: Visit) -> Response:
    """Start a job on the newest version of the data set, and go on to its page."""
    from burnish.ui.next_version import start_training

    name = visit.form.get("name", "").strip()
    job = start_training(visit.bench.service, visit.bench.clients, _queue(visit), name)
    return visit.redirect(f"/jobs/{step(job.job_name)}", notice=f"The job {job.job_name} has begun.")


def picture(visit: Visit) -> Response:
    """A page of an item."""
    item = _queue(visit).item(visit.query("item"))
    page = visit.number("page", item.pages[0], least=1)
    if not item.pages[0] <= page <= item.pages[1]:
        raise NotFound(f"{item.document} has no page {page}")
    return Response(_picture(visit, item, page), media_type="image/webp")


def _queue(visit: Visit) -> ReviewQueue:
    return visit.bench.classifications.review(visit.path("key"))


def _version_page(visit: Visit, revision: Revision | None) -> Response:
    found = _queue(visit)
    return visit.page(
        "review/version.html.jinja",
        home=_home(visit),
        table=visit.bench.classifications.table(visit.path("key")),
        progress=found.progress(),
        dataset=found.dataset,
        revision=revision,
    )


def _next(visit: Visit, found: ReviewQueue) -> ReviewItem | None:
    return found.next(without=visit.session.skipped)


def _prepare_next(visit: Visit, found: ReviewQueue, item: ReviewItem) -> None:
    following = found.next(without={*visit.session.skipped, item.key})
    if following:
        _trouble_with(visit, following)


def _picture(visit: Visit, item: ReviewItem, page: int) -> bytes:
    if item.path is None:
        raise NotFound(f"{item.document} is not on this machine")
    return visit.bench.document_pictures.picture(item.path, page, LARGE)


def _trouble_with(visit: Visit, item: ReviewItem) -> str:
    """Why an item cannot be shown; empty where it can."""
    try:
        _picture(visit, item, item.pages[0])
    except BurnishError as error:
        return error.in_terminal
    return ""


def _home(visit: Visit) -> str:
    return f"/review/{step(visit.path('key'))}"


VIEW = SiteView(
    title="Review",
    path="/review",
    pages={"": listed, "/{key}": queue, "/{key}/picture": picture, "/{key}/version": version},
    actions={
        "/{key}/decide": decide,
        "/{key}/skip": skip,
        "/{key}/resume": resume,
        "/{key}/undo": undo,
        "/{key}/version": make_version,
        "/{key}/train": train,
    },
)
