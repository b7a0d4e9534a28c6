"""Items of a review, as tests write them."""

from __future__ import annotations

from pathlib import Path

from burnish.review import ReviewItem

LABELS = ("invoice", "letter", "memo")


def item(name: str, label: str | None = "letter", probability: float | None = 0.6, **more) -> ReviewItem:
    return ReviewItem(
        key=name, document=name, digest=name, path=Path(name), label=label, probability=probability, **more
    )
