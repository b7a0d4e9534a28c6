"""What was decided in a review as the next version of its data set."""

from __future__ import annotations

from pathlib import Path

from burnish.datasets.manifest import folder_of
from burnish.datasets.revising import DatasetStore, DecidedDocument, Revision, revise_dataset
from burnish.errors import InvalidConfig
from burnish.phrasing import Phrasing
from burnish.review.queue import ReviewQueue


def apply_review(queue: ReviewQueue, store: DatasetStore, *, dataset: str | None = None) -> Revision:
    """The version of a data set with what is decided in a review, which becomes its current one.

    By default it is made of the current version of the data set that the documents were classified by, also
    where that is newer. Applied again, it makes a version only of what is new. Raises `InvalidConfig` where
    no data set is known.
    """
    return revise_dataset(dataset or current_dataset(queue), decided_documents(queue), store)


def current_dataset(queue: ReviewQueue) -> str:
    """The folder of the data set that a review is of. Raises `InvalidConfig` where that is not known."""
    if queue.dataset is None:
        remedy = Phrasing(command="give --dataset s3://…", call="give its `dataset`")
        raise InvalidConfig("The review", [remedy.after("it is not known which data set it is of:")])
    return str(folder_of(queue.dataset))


def decided_documents(queue: ReviewQueue) -> list[DecidedDocument]:
    """The decisions that are in force, with the files that they are about."""
    queue.journal.refresh()
    found = []
    for key, entry in queue.journal.decisions.items():
        path = queue.item(key).path if queue.has(key) else None
        found.append(
            DecidedDocument(
                path=path or Path(entry.document),
                name=entry.document,
                digest=entry.digest,
                label=entry.after,
                by=entry.by,
                at=entry.at,
                before=entry.before,
                extent=entry.pages if key != entry.digest else None,
            )
        )
    return found
