"""Which documents a person should review: labels that may be wrong, copies, outliers.

A label is suspect where it is wrong with some probability, judged by models that were not trained on the
document (`out_of_fold`, `label_errors`). A set without errors has no suspects.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from burnish.datasets import label_errors, near_duplicates
from burnish.datasets.document_features import DocumentFeatures
from burnish.datasets.documents import Document
from burnish.datasets.label_errors import ErrorCount
from burnish.datasets.page_comparison import is_same_page
from burnish.datasets.perceptual_hash import PageHash
from burnish.page_features import out_of_fold
from burnish.page_features.term_counts import text_similarity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: With fewer documents, a label cannot be learned from some of them and judged on the others.
MIN_PER_LABEL = 3
#: A label is suspect from this probability of an error on. One in four that turns out to be wrong is worth
#: the glance that the other three cost.
MIN_PROBABILITY = 0.25
#: Models that agree with the labels no more often than a guess does with this probability judge nothing.
_MAX_P_OF_GUESSES = 0.05
#: A page is compared with so many of those that look alike, the most similar by their text. Of a thousand
#: forms of one layout every two look alike.
_COMPARED = 8
#: In interquartile ranges. The usual 1.5 calls documents outliers in any larger set.
_FENCE = 3.0


@dataclass(frozen=True, kw_only=True)
class JudgedLabel:
    """A document, the label that fits it best, and how probable it is that its own label is wrong."""

    document: Document
    suggested: str
    probability: float

    @property
    def is_suspect(self) -> bool:
        """Whether a person should look at it."""
        return self.probability >= MIN_PROBABILITY and self.suggested != self.document.label


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Documents whose first pages are the same page, scanned or saved again."""

    documents: tuple[Document, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Their labels; more than one is a contradiction."""
        return tuple(sorted({one.label for one in self.documents}))


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What a person should review: suspect labels, groups of copies, and outliers."""

    documents: int
    #: All labels that were judged, the most doubtful first.
    judged: tuple[JudgedLabel, ...] = ()
    #: How many of the judged labels are wrong.
    errors: ErrorCount | None = None
    #: Why no label was judged.
    reason: str | None = None
    #: Labels with too few documents to be judged, and how many they have.
    unjudged: Mapping[str, int] = field(default_factory=dict)
    copies: tuple[Copies, ...]
    outliers: tuple[Document, ...]

    @property
    def suspects(self) -> tuple[JudgedLabel, ...]:
        """The labels that may be wrong, the most doubtful first."""
        return tuple(one for one in self.judged if one.is_suspect)

    @property
    def contradictions(self) -> int:
        """How many groups of copies have different labels."""
        return sum(len(group.labels) > 1 for group in self.copies)

    @property
    def has_findings(self) -> bool:
        """Whether there is anything to review."""
        return bool(self.suspects or self.copies or self.outliers)


@dataclass(frozen=True, kw_only=True)
class _Judgement:
    """The labels that were judged, or why none was."""

    judged: tuple[JudgedLabel, ...] = ()
    errors: ErrorCount | None = None
    reason: str | None = None


def audit_documents(features: Sequence[DocumentFeatures]) -> Audit:
    """Audit documents."""
    similarity = text_similarity([one.text for one in features])
    counts = Counter(one.document.label for one in features)
    # Sorted: the columns of probabilities, and with them ties, must not hang on the order of documents.
    names = sorted(label for label, count in counts.items() if count >= MIN_PER_LABEL)
    judgement = _judgement(features, names)
    return Audit(
        documents=len(features),
        judged=judgement.judged,
        errors=judgement.errors,
        reason=judgement.reason,
        unjudged={label: count for label, count in sorted(counts.items()) if count < MIN_PER_LABEL},
        copies=tuple(copies_among(features, similarity)),
        outliers=tuple(_outliers(features, similarity)),
    )


def _judgement(features: Sequence[DocumentFeatures], names: Sequence[str]) -> _Judgement:
    """The judgement of the documents with these labels."""
    import numpy as np

    if len(names) < 2:
        return _Judgement(reason=f"it takes two labels with {MIN_PER_LABEL} documents each")
    kept = [place for place, one in enumerate(features) if one.document.label in names]
    documents = [features[place].document for place in kept]
    labels = np.array([names.index(one.label) for one in documents])
    predictions = out_of_fold.log_probabilities([features[place] for place in kept], labels, names)
    found = label_errors.estimated_errors(predictions, labels)
    if not _is_better_than_guessing(labels, found.likeliest):
        return _Judgement(reason="models tell these labels apart no better than by guessing")
    judged = [
        JudgedLabel(
            document=documents[place],
            suggested=names[found.likeliest[place]],
            probability=float(found.wrong[place]),
        )
        for place in np.argsort(-found.wrong, kind="stable")
    ]
    return _Judgement(judged=tuple(judged), errors=found.count)


def _is_better_than_guessing(labels: NDArray[np.int_], likeliest: NDArray[np.int_]) -> bool:
    """Whether models agree with labels more often than guesses that know how frequent each label is."""
    import numpy as np
    from scipy.stats import binomtest

    chance = float(((np.bincount(labels) / len(labels)) ** 2).sum())
    agreed = int((labels == likeliest).sum())
    return bool(binomtest(agreed, len(labels), chance, "greater").pvalue < _MAX_P_OF_GUESSES)


def copies_among(features: Sequence[DocumentFeatures], similarity: NDArray[np.float64]) -> list[Copies]:
    """The groups of documents whose first pages are the same page."""
    hashes = {place: one.hashes for place, one in enumerate(features) if one.hashes is not None}
    pairs = [
        (one, other)
        for one, other in _pairs_to_compare(hashes, similarity)
        if is_same_page(features[one].detail, features[other].detail)
    ]
    groups: Mapping[int, list[Document]] = defaultdict(list)
    for one, number in zip(features, near_duplicates.connected(len(features), pairs), strict=True):
        groups[number].append(one.document)
    # Groups with several labels come first: one of their labels is wrong for certain.
    found = [Copies(documents=tuple(group)) for group in groups.values() if len(group) > 1]
    return sorted(found, key=lambda copies: (-len(copies.labels), -len(copies.documents)))


def _pairs_to_compare(
    hashes: Mapping[int, PageHash], similarity: NDArray[np.float64]
) -> list[tuple[int, int]]:
    """The places of pages that look alike, of each page only with those whose texts are the most similar."""
    places = list(hashes)
    alike: dict[int, list[int]] = defaultdict(list)
    for one, other in near_duplicates.near_pairs(list(hashes.values())):
        alike[places[one]].append(places[other])
        alike[places[other]].append(places[one])
    pairs: set[tuple[int, int]] = set()
    for place, others in alike.items():
        others.sort(key=similarity[place].__getitem__, reverse=True)
        pairs.update((min(place, other), max(place, other)) for other in others[:_COMPARED])
    return sorted(pairs)


def _outliers(features: Sequence[DocumentFeatures], similarity: NDArray[np.float64]) -> list[Document]:
    """Documents whose text is far from its nearest neighbours (Tukey's outer fence), the farthest first.

    Blank pages and pages without text are among them.
    """
    if len(features) <= MIN_PER_LABEL:
        return []
    import numpy as np

    # The three nearest neighbours: the largest similarity of all is that to itself, and is left out.
    nearest = np.partition(similarity, (-4, -1), axis=1)[:, -4:-1].mean(axis=1)
    blank = np.array([not one.text.strip() or one.hashes is None for one in features])
    # Quartiles, and not a fixed threshold: how similar documents are differs from set to set.
    low, usual, high = np.quantile(nearest, (0.25, 0.5, 0.75))
    # Among pages that are nearly the same, one that is a little different is no outlier yet.
    fence = min(low - _FENCE * (high - low), usual / 2)
    score = np.where(blank, -1.0, nearest)
    is_outlier = score < max(fence, 0.0)
    return [features[place].document for place in np.argsort(score, kind="stable") if is_outlier[place]]
