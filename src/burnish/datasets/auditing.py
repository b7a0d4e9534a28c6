"""Which documents a person should review: labels that may be wrong, copies, outliers.

A label is suspect where models that were not trained on the document (`out_of_fold`) find it far less likely
for this document than for the average one. Without that comparison, every document of a label that models
find hard would be suspected, and none of a label that they favour.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burnish.datasets import feature_matrices, near_duplicates, out_of_fold
from burnish.datasets.document_features import DocumentFeatures
from burnish.datasets.documents import Document

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: With fewer documents, a label cannot be learned from some of them and judged on the others.
MIN_PER_LABEL = 3


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A document whose label may be wrong.

    ``doubt`` ranks suspects: the logarithm of how many times more likely the label is for the average
    document than for this one. It is negative where the label fits.
    """

    document: Document
    suggested: str
    doubt: float


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Documents whose first pages are near duplicates of one another."""

    documents: tuple[Document, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Their labels; more than one is a contradiction."""
        return tuple(sorted({one.label for one in self.documents}))


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What a person should review: suspects, the most doubtful first, groups of copies, and outliers."""

    documents: int
    suspects: tuple[Suspect, ...]
    copies: tuple[Copies, ...]
    outliers: tuple[Document, ...]
    #: Labels with too few documents to be judged.
    unjudged: tuple[str, ...]


def audit_documents(features: Sequence[DocumentFeatures]) -> Audit:
    """Audit documents. Every judged document is among the suspects, the least doubtful last."""
    similarity = feature_matrices.text_similarity([one.text for one in features])
    counts = Counter(one.document.label for one in features)
    # Sorted: the columns of probabilities, and with them ties, must not hang on the order of documents.
    judged = sorted(label for label, count in counts.items() if count >= MIN_PER_LABEL)
    return Audit(
        documents=len(features),
        suspects=tuple(_suspects(features, similarity, judged) if len(judged) > 1 else ()),
        copies=tuple(_copies(features)),
        outliers=tuple(_outliers(features, similarity)),
        unjudged=tuple(sorted(set(counts) - set(judged))),
    )


def _suspects(
    features: Sequence[DocumentFeatures], similarity: NDArray[np.float64], names: Sequence[str]
) -> list[Suspect]:
    """The documents with these labels, of which there are two at least, ranked by doubt."""
    import numpy as np

    kept = [place for place, one in enumerate(features) if one.document.label in names]
    judged = [features[place] for place in kept]
    labels = np.array([names.index(one.document.label) for one in judged])
    probabilities = out_of_fold.probabilities(judged, similarity[np.ix_(kept, kept)], labels)
    # A ratio, not a probability: labels that models favour everywhere, or never, are not suspected for that.
    lift = np.log(probabilities + out_of_fold.PROBABILITY_FLOOR) - np.log(probabilities.mean(axis=0))
    doubt = -lift[np.arange(len(judged)), labels]
    return [
        Suspect(
            document=judged[place].document,
            suggested=names[int(lift[place].argmax())],
            doubt=float(doubt[place]),
        )
        for place in np.argsort(-doubt, kind="stable")
    ]


def _copies(features: Sequence[DocumentFeatures]) -> list[Copies]:
    hashed = [one for one in features if one.hashes is not None]
    numbers = near_duplicates.clusters([one.hashes for one in hashed if one.hashes])
    groups: Mapping[int, list[Document]] = defaultdict(list)
    for one, number in zip(hashed, numbers, strict=True):
        groups[number].append(one.document)
    # Groups with several labels come first: one of their labels is wrong for certain.
    found = [Copies(documents=tuple(group)) for group in groups.values() if len(group) > 1]
    return sorted(found, key=lambda copies: (-len(copies.labels), -len(copies.documents)))


def _outliers(features: Sequence[DocumentFeatures], similarity: NDArray[np.float64]) -> list[Document]:
    """Documents whose text is unusually far from its nearest neighbours (Tukey's fence), the farthest first.

    Blank pages and pages without text are among them.
    """
    if len(features) <= MIN_PER_LABEL:
        return []
    import numpy as np

    # The three nearest neighbours: the largest similarity of all is that to itself, and is left out.
    nearest = np.partition(similarity, (-4, -1), axis=1)[:, -4:-1].mean(axis=1)
    blank = np.array([not one.text.strip() or one.hashes is None for one in features])
    # Quartiles, and not a fixed threshold: how similar documents are differs from set to set.
    low, high = np.quantile(nearest, (0.25, 0.75))
    score = np.where(blank, -1.0, nearest)
    is_outlier = score < max(low - 1.5 * (high - low), 0.0)
    return [features[place].document for place in np.argsort(score, kind="stable") if is_outlier[place]]
