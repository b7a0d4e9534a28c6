"""Which documents a person should look at again: labels that may be wrong, copies, pages like no other.

A label is suspect when models that never saw the document are sure of another. They are plain ones, on the
page's text, its layout and how it looks, and each document is judged by models of the other folds. The
ranking is that of confident learning (Northcutt et al., arXiv 1911.00068): how sure the models are of the
given label, compared with how sure they are of it on average, so that types that are hard to tell are not
suspected as a whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from burnish.datasets import near_duplicates, page_features
from burnish.datasets.documents import Document
from burnish.datasets.perceptual_hash import PageHash
from burnish.reading import Line, text_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDS = 5
REPEATS = 2
#: Fewer documents of a type than this can teach a model nothing.
LEAST_OF_A_TYPE = 3
_FLOOR = 1e-4


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A document as it is judged: the lines and the picture of its first page."""

    document: Document
    lines: tuple[Line, ...]
    png: bytes
    hashes: PageHash | None

    @property
    def text(self) -> str:
        """What the page says, a line for each line."""
        return text_of(self.lines)


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A document whose label may be wrong. ``doubt`` orders suspects; 0 is as sure as usual for its label."""

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
    counts = Counter(one.document.label for one in looked)
    unjudged = sorted(label for label, count in counts.items() if count < LEAST_OF_A_TYPE)
    judged = [one for one in looked if counts[one.document.label] >= LEAST_OF_A_TYPE]
    suspects = _suspects(judged) if len({one.document.label for one in judged}) > 1 else []
    return Audit(
        documents=len(looked),
        suspects=tuple(suspects),
        copies=tuple(_copies(looked)),
        outliers=tuple(_outliers(looked)),
        unjudged=tuple(unjudged),
    )


def _suspects(looked: Sequence[Looked]) -> list[Suspect]:
    import numpy as np

    names = sorted({one.document.label for one in looked})
    given = np.array([names.index(one.document.label) for one in looked])
    sure = _probabilities(looked, given, len(names))
    usual = np.array([sure[given == number, number].mean() for number in range(len(names))])
    everyone = np.arange(len(looked))
    doubt = np.log(usual[given] + _FLOOR) - np.log(sure[everyone, given] + _FLOOR)
    best = (sure / usual).argmax(axis=1)
    order = np.argsort(-doubt, kind="stable")
    return [
        Suspect(document=looked[place].document, suggested=names[int(best[place])], doubt=float(doubt[place]))
        for place in order
    ]


def _probabilities(looked: Sequence[Looked], given: NDArray[np.int_], count: int) -> NDArray[np.float64]:
    """The probability of each label for each document, (documents, labels), by models that never saw it."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = min(FOLDS, int(np.bincount(given, minlength=count).min()))
    logs = np.zeros((len(looked), count))
    for features, model, weight in _views(looked):
        for repeat in range(REPEATS):
            splitter = StratifiedKFold(folds, shuffle=True, random_state=repeat)
            found = cross_val_predict(model, features, given, cv=splitter, method="predict_proba")
            logs += weight / REPEATS * np.log(found + _FLOOR)
    raised = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _views(looked: Sequence[Looked]) -> list[tuple[Any, Any, float]]:
    """What is looked at, by which model, and with which weight; set by trying on business documents."""
    import numpy as np
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import MultinomialNB

    texts = [one.text for one in looked]
    words = page_features.counted(texts, "word", page_features.WORDS)
    letters = page_features.counted(texts, "char_wb", page_features.LETTERS)
    shapes = page_features.shapes_of_text(texts)
    layouts = page_features.layouts([one.lines for one in looked])
    pictures = page_features.pictures([one.png for one in looked])

    def regression(strength: float) -> LogisticRegression:
        return LogisticRegression(C=strength, max_iter=3000, class_weight="balanced")

    return [
        (words, regression(30), 1.0),
        (words, MultinomialNB(alpha=0.05, fit_prior=False), 0.5),
        (letters, regression(30), 1.0),
        (shapes, regression(1), 1.0),
        (pictures, regression(0.1), 1.0),
        (layouts, regression(0.3), 1.0),
        (np.hstack([shapes, layouts]), ExtraTreesClassifier(200, min_samples_leaf=2, random_state=0), 1.0),
    ]


def _copies(looked: Sequence[Looked]) -> list[Copies]:
    seen = [one for one in looked if one.hashes is not None]
    numbers = near_duplicates.clusters([one.hashes for one in seen if one.hashes])
    groups: Mapping[int, list[Document]] = defaultdict(list)
    for one, number in zip(seen, numbers, strict=True):
        groups[number].append(one.document)
    found = [Copies(documents=tuple(group)) for group in groups.values() if len(group) > 1]
    return sorted(found, key=lambda copies: (-len(copies.labels), -len(copies.documents)))


def _outliers(looked: Sequence[Looked]) -> list[Document]:
    """Documents whose text is far less like its nearest than is usual (Tukey's fence), the strangest first.

    Blank pages and pages without text are among them.
    """
    if len(looked) <= LEAST_OF_A_TYPE:
        return []
    import numpy as np

    letters = page_features.counted([one.text for one in looked], "char_wb", page_features.LETTERS)
    alike = np.sort((letters @ letters.T).toarray(), axis=1)
    # Its nearest three, itself left out.
    nearest = alike[:, -4:-1].mean(axis=1)
    blank = np.array([not one.text.strip() or one.hashes is None for one in looked])
    low, high = np.quantile(nearest, (0.25, 0.75))
    score = np.where(blank, -1.0, nearest)
    strange = score < max(low - 1.5 * (high - low), 0.0)
    return [looked[place].document for place in np.argsort(score, kind="stable") if strange[place]]
