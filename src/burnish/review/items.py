"""What a person is asked about: a document, a part of a bundle, or a page of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Probabilities that are not known come before all others: nobody can say that such an answer is right.
_UNKNOWN = -1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewItem:
    """What a model made of a document, and why a person should look at it."""

    #: The content and its pages: files that are equal are one item, and a file that changes is another.
    key: str
    document: str
    digest: str
    #: The file on this machine; None for a page of an evaluation, whose image is at ``uri``.
    path: Path | None
    uri: str | None = None
    #: The first and the last page, counted from 1, of which the label is told.
    pages: tuple[int, int] = (1, 1)
    #: The model's answer; None where it gave none.
    label: str | None = None
    probability: float | None = None
    runner_up: str | None = None
    runner_up_probability: float | None = None
    #: The label that a data set has given it so far.
    truth: str | None = None
    #: Whether the classification left it to a person, and why.
    is_for_review: bool = True
    reason: str = ""
    is_unlike_training: bool = False
    #: The share of training pages that are no more typical than its least typical page.
    typicality: float | None = None
    #: The perceptual hashes of its pages, blank ones left out.
    looks: tuple[int, ...] = ()

    @property
    def usefulness(self) -> tuple[int, float]:
        """Where it comes in a queue, the most useful first: least sure, then unlike anything seen.

        What was accepted although it is unlike all training pages is worth a look, after all that was not.
        """
        sure = _UNKNOWN if self.probability is None else self.probability
        if self.is_for_review:
            return 0, sure
        if self.is_unlike_training:
            return 1, _UNKNOWN if self.typicality is None else self.typicality
        return 2, sure

    @property
    def is_worth_a_look(self) -> bool:
        """Whether a person should decide: the model is not sure, or has seen nothing like it."""
        return self.is_for_review or self.is_unlike_training

    @property
    def pages_told(self) -> str:
        """The pages as ``3`` or ``3-5``."""
        first, last = self.pages
        return str(first) if first == last else f"{first}-{last}"


def item_key(digest: str, pages: tuple[int, int] | None = None) -> str:
    """The key of a content; with ``pages`` that of a part of it."""
    return f"{digest}:{pages[0]}-{pages[1]}" if pages else digest
