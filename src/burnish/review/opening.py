"""A review as it is opened: the items of a classification, its labels, and the journal of decisions."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.aws.clients import Client
from burnish.classification.outputs import ResultPlaces
from burnish.classification.run_facts import read_run_facts
from burnish.errors import InvalidInput
from burnish.review.classified import classified_items
from burnish.review.decision_journal import DecisionJournal
from burnish.review.queue import ReviewQueue


def open_review(
    table: str, *, reviewer: str | None = None, labels: Sequence[str] = (), s3: Client | None = None
) -> ReviewQueue:
    """The review of a classification, by the table that it has written: a path, or ``s3://…`` with ``s3``.

    What was decided before is known, and decisions are kept beside the answers of the classification, under
    the name of the ``reviewer`` (by default ``BURNISH_REVIEWER``, or this user's name). Without ``labels``
    they are those that the model chose from. Raises `NotFound` where there is no classification.
    """
    places = ResultPlaces(to=table)
    found, facts = classified_items(table, s3), read_run_facts(places.run_facts)
    known = tuple(labels or (facts.labels if facts else found.labels))
    if not known:
        raise InvalidInput(f"No document of {table!r} has a label, so there is none to choose from")
    return ReviewQueue(
        items=found.items,
        labels=known,
        journal=DecisionJournal(places.decisions, reviewer),
        dataset=facts.dataset if facts else None,
        unavailable=found.unavailable,
    )
