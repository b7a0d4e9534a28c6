"""What came of a classification, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from burnish.classification.decisions import LabelVerdict, ReviewDecision
from burnish.classification.drift import Drift
from burnish.errors import BurnishError


class NothingClassified(BurnishError):
    """No document got a label."""


@dataclass(kw_only=True)
class ClassificationSummary:
    """What came of a run: documents by what is to be done with them, and where the tables are."""

    documents: int = 0
    accepted: int = 0
    review: int = 0
    without_label: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    table: str
    pages_table: str
    #: How the documents differ from those of the training; None before all are counted.
    drift: Drift | None = None

    def count(self, verdict: LabelVerdict) -> None:
        """Count a document."""
        self.documents += 1
        self.accepted += verdict.decision is ReviewDecision.ACCEPT
        self.review += verdict.decision is ReviewDecision.REVIEW
        if verdict.label:
            self.labels[verdict.label] += 1
        else:
            self.without_label += 1

    def require_labels(self) -> None:
        """Raise `NothingClassified` unless at least one document got a label."""
        if self.without_label == self.documents:
            raise NothingClassified(f"No document was classified: the reasons are in {self.table}")

    def __str__(self) -> str:
        without = f" ({self.without_label} of them without a label)" if self.without_label else ""
        documents = "1 document" if self.documents == 1 else f"{self.documents} documents"
        return f"{documents}: {self.accepted} accepted, {self.review} to review{without}"
