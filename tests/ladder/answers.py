"""Runs of rungs with answers made up to be right or wrong, for what follows from answers alone."""

from __future__ import annotations

from burnish.evaluation.predicting import Prediction
from burnish.ladder.rungs import FEATURES, MAJORITY, Rung, tuned_rung
from burnish.ladder.runs import FoldRun

LABELS = ("letter", "memo")
LANGUAGE = tuned_rung("language-model", "local.smollm2-135m-instruct-v1:0")
SECONDS = {FEATURES.name: 3.0, LANGUAGE.name: 800.0}


def prediction(page: int, *, right: bool) -> Prediction:
    label = LABELS[page % 2]
    guess = label if right else LABELS[1 - page % 2]
    return Prediction(
        page=f"{label}/{page}.png",
        label=label,
        answer=guess,
        predicted=guess,
        probabilities={guess: 0.9, LABELS[1 - LABELS.index(guess)]: 0.1},
        seconds=0.5,
    )


def run(rung: Rung, right: range | set[int], *, pages: range = range(60), share: float = 1.0, fold: int = 1):
    """A run in a fold with these pages, of which those in ``right`` are answered rightly."""
    return FoldRun(
        rung=rung.name,
        fold=fold,
        share=share,
        training_pages=round(200 * share) if rung.is_tuned else 0,
        training_seconds=SECONDS.get(rung.name),
        predictions=tuple(prediction(page, right=page in right) for page in pages),
    )


__all__ = ["FEATURES", "LABELS", "LANGUAGE", "MAJORITY", "prediction", "run"]
