"""Which documents a person should look at again: labels that may be wrong, copies, pages like no other.

A label is suspect where it is far less likely for its document than for any document, by models that never
saw it (`out_of_fold`). Measuring a label by how likely it is everywhere keeps one that models are fond of, or
rarely sure of, from being suspected, or passed over, as a whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burnish.datasets import feature_matrices, near_duplicates, out_of_fold
from burnish.datasets.document_features import Looked
from burnish.datasets.documents import Document

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Fewer documents of a type than this can teach a model nothing.
LEAST_OF_A_TYPE = 3


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A document whose label may be wrong.

    ``doubt`` orders suspects: the logarithm of how many times likelier the label is for any document than for
    this one. It is negative where there is none.
    """

    document: Document
    suggested: str
    doubt: float


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Documents whose first pages are copies of one another."""

    documents: tuple[Document, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Their labels; more than one is a contradiction."""
        return tuple(sorted({one.label for one in self.documents}))


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What a person should look at: suspects from the most doubtful on, copies, and pages like no other."""

    documents: int
    suspects: tuple[Suspect, ...]
    copies: tuple[Copies, ...]
    outliers: tuple[Document, ...]
    #: Types with too few documents to judge their labels.
    unjudged: tuple[str, ...]


def audit_documents(looked: Sequence[Looked]) -> Audit:
    """The audit of these documents. Every judged document is among the suspects, the surest last."""
    likeness = feature_matrices.likenesses([one.text for one in looked])
    counts = Counter(one.document.label for one in looked)
    judged = sorted(label for label, count in counts.items() if count >= LEAST_OF_A_TYPE)
    return Audit(
        documents=len(looked),
        suspects=tuple(_suspects(looked, likeness, judged) if len(judged) > 1 else ()),
        copies=tuple(_copies(looked)),
        outliers=tuple(_outliers(looked, likeness)),
        unjudged=tuple(sorted(set(counts) - set(judged))),
    )


def _suspects(looked: Sequence[Looked], likeness: NDArray[np.float64], names: Sequence[str]) -> list[Suspect]:
    """The documents with these labels, two or more, the most doubtful label first."""
    import numpy as np

    kept = [place for place, one in enumerate(looked) if one.document.label in names]
    judged = [looked[place] for place in kept]
    given = np.array([names.index(one.document.label) for one in judged])
    sure = out_of_fold.probabilities(judged, likeness[np.ix_(kept, kept)], given)
    lift = np.log(sure + out_of_fold.FLOOR) - np.log(sure.mean(axis=0))
    doubt = -lift[np.arange(len(judged)), given]
    return [
        Suspect(
            document=judged[place].document,
            suggested=names[int(lift[place].argmax())],
            doubt=float(doubt[place]),
        )
        for place in np.argsort(-doubt, kind="stable")
    ]


def _copies(looked: Sequence[Looked]) -> list[Copies]:
    seen = [one for one in looked if one.hashes is not None]
    numbers = near_duplicates.clusters([one.hashes for one in seen if one.hashes])
    groups: Mapping[int, list[Document]] = defaultdict(list)
    for one, number in zip(seen, numbers, strict=True):
        groups[number].append(one.document)
    found = [Copies(documents=tuple(group)) for group in groups.values() if len(group) > 1]
    return sorted(found, key=lambda copies: (-len(copies.labels), -len(copies.documents)))


def _outliers(looked: Sequence[Looked], likeness: NDArray[np.float64]) -> list[Document]:
    """Documents whose text is far less like its nearest than is usual (Tukey's fence), the strangest first.

    Blank pages and pages without text are among them.
    """
    if len(looked) <= LEAST_OF_A_TYPE:
        return []
    import numpy as np

    # Its nearest three, itself left out.
    nearest = np.partition(likeness, (-4, -1), axis=1)[:, -4:-1].mean(axis=1)
    blank = np.array([not one.text.strip() or one.hashes is None for one in looked])
    low, high = np.quantile(nearest, (0.25, 0.75))
    score = np.where(blank, -1.0, nearest)
    strange = score < max(low - 1.5 * (high - low), 0.0)
    return [looked[place].document for place in np.argsort(score, kind="stable") if strange[place]]
