"""How many pages of a type that a model has never seen are found, by how typical they are and by rivals.

Each type of a folder of documents is left out in turn, and the others are trained on. What is measured is how
well pages of the type that was left out are told from pages of the other types that were held out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from burnish import read_documents
from burnish.datasets.document_features import DocumentFeatures, extract_features
from burnish.page_features.page_classifier import fitted_classifier
from burnish.page_features.typicality import typical_pages

FOLDS = 5
FALSE_ALARMS = 0.05
DRAWS = 2000


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The type that was left out, and how familiar known and new pages look: the higher, the more."""

    left_out: str
    known: np.ndarray
    new: np.ndarray

    @property
    def auroc(self) -> float:
        """How often a known page looks more familiar than a new one."""
        is_new = [0] * len(self.known) + [1] * len(self.new)
        return float(roc_auc_score(is_new, -np.concatenate([self.known, self.new])))

    @property
    def found(self) -> np.ndarray:
        """Which new pages look less familiar than all but 5 % of the known ones."""
        return np.array([(1 + (self.known <= one).sum()) for one in self.new]) <= FALSE_ALARMS * (
            1 + len(self.known)
        )


def typicality(pages: Sequence[DocumentFeatures], known: np.ndarray, new: np.ndarray) -> Scored:
    """The p-values of known pages among the known ones of other folds, and of new pages among all known."""
    labels = np.array([page.document.label for page in pages])

    def texts(places: np.ndarray) -> list[str]:
        return [pages[place].text for place in places]

    values = np.zeros(len(known))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(known, labels[known])
    for training, held_out in folds:
        typical = typical_pages(texts(known[training]))
        assert typical
        values[held_out] = typical.p_values(texts(known[held_out]))
    typical = typical_pages(texts(known))
    assert typical
    return Scored(left_out=labels[new[0]], known=values, new=typical.p_values(texts(new)))


def probabilities(
    pages: Sequence[DocumentFeatures], known: np.ndarray, new: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What a classifier gives the labels: out of fold for known pages, and for new ones."""
    fit = fitted_classifier(
        [pages[place] for place in known], [pages[place].document.label for place in known]
    )
    return fit.out_of_fold, fit.classifier.probabilities([pages[place] for place in new])


def highest(found: np.ndarray) -> np.ndarray:
    """The probability of the likeliest label."""
    return np.asarray(found.max(axis=1))


def margin(found: np.ndarray) -> np.ndarray:
    """How much likelier the likeliest label is than the next."""
    ordered = np.sort(found, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2])


def certainty(found: np.ndarray) -> np.ndarray:
    """The negative entropy of the labels."""
    return np.asarray((found * np.log(found + 1e-12)).sum(axis=1))


BOTH = "words and highest probability"
RIVALS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "highest probability": highest,
    "margin": margin,
    "entropy": certainty,
}


def ranks(known: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The p-values of scores: of each known one among the others, and of new ones among the known."""
    ordered = np.sort(known)
    of_known = np.searchsorted(ordered, known, side="right") / len(known)
    of_new = (1 + np.searchsorted(ordered, new, side="right")) / (1 + len(known))
    return of_known, of_new


def both(words: Scored, probability: Scored) -> Scored:
    """Twice the lower of the p-values by words and by the highest probability: one as well (Bonferroni)."""
    of_known, of_new = ranks(probability.known, probability.new)
    return Scored(
        left_out=words.left_out,
        known=np.minimum(1, 2 * np.minimum(words.known, of_known)),
        new=np.minimum(1, 2 * np.minimum(words.new, of_new)),
    )


def interval(figures: Sequence[float]) -> str:
    """The mean over types, and its 95 % interval, by drawing types again."""
    rng = np.random.default_rng(0)
    drawn = rng.choice(figures, size=(DRAWS, len(figures))).mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return f"{np.mean(figures):.3f} ({low:.3f} to {high:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="documents, a sub-folder for each type")
    pages, _ = extract_features(read_documents(parser.parse_args().folder).documents)
    labels = np.array([page.document.label for page in pages])
    scored: dict[str, list[Scored]] = {name: [] for name in ("typicality", *RIVALS, BOTH)}
    for left_out in sorted(set(labels)):
        known, new = np.flatnonzero(labels != left_out), np.flatnonzero(labels == left_out)
        scored["typicality"].append(typicality(pages, known, new))
        of_known, of_new = probabilities(pages, known, new)
        for name, score in RIVALS.items():
            scored[name].append(Scored(left_out=left_out, known=score(of_known), new=score(of_new)))
        scored[BOTH].append(both(scored["typicality"][-1], scored["highest probability"][-1]))
        print(left_out, *(f"{name} {one[-1].auroc:.2f}" for name, one in scored.items()), flush=True)
    print(f"| score | AUROC | found at {FALSE_ALARMS:.0%} false alarms |\n| --- | --- | --- |")
    for name, types in scored.items():
        found = interval([float(one.found.mean()) for one in types])
        print(f"| {name} | {interval([one.auroc for one in types])} | {found} |")


if __name__ == "__main__":
    main()
