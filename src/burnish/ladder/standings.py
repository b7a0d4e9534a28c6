"""How good each rung is, and whether the differences are more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import fmean

from burnish.calibration.confidence import calibration_error
from burnish.evaluation.metrics import Metrics, metrics_of
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.prices import price_of
from burnish.evaluation.scoring import usd_per_1000_pages
from burnish.evaluation.statistics import ALPHA, PairComparison, compare_models, holm
from burnish.ladder.rungs import Rung
from burnish.ladder.runs import FoldRun


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How good a rung is on the held-out pages of the folds that it was run in."""

    rung: Rung
    #: The folds, by their numbers.
    folds: tuple[int, ...]
    metrics: Metrics
    #: The expected calibration error; None from a model that gives no label probabilities.
    calibration_error: float | None
    #: Per fold; None where nothing was trained.
    training_seconds: float | None
    #: At the pace at which pages were asked about, once they were read; None where nobody was asked.
    seconds_per_1000_pages: float | None
    #: None where no price is known.
    usd_per_1000_pages: float | None
    #: Against the rung below, on the pages of both; None for the lowest.
    against_below: PairComparison | None = None


def standings_of(runs: Sequence[FoldRun], rungs: Sequence[Rung], labels: Sequence[str]) -> list[Standing]:
    """The standing of every rung that was run, in their order, each compared with the one below."""
    whole = {rung: [one for one in runs if (one.rung, one.share) == (rung.name, 1.0)] for rung in rungs}
    found = [_standing(rung, some, labels) for rung, some in whole.items() if some]
    compared = comparisons_of(runs, [one.rung.name for one in found])
    below = {pair[1]: one for pair, one in compared.items()}  # of the pairs with a rung, the last is nearest
    return [replace(one, against_below=below.get(one.rung.name)) for one in found]


def comparisons_of(runs: Sequence[FoldRun], rungs: Sequence[str]) -> dict[tuple[str, str], PairComparison]:
    """Every two rungs on the pages that both were asked about, corrected for all of them together (Holm)."""
    answers = {
        name: [one for run in runs if (run.rung, run.share) == (name, 1.0) for one in run.predictions]
        for name in rungs
    }
    compared = {
        (lower, upper): one
        for lower, upper in combinations(rungs, 2)
        if (one := on_common_pages({lower: answers[lower], upper: answers[upper]}))
    }
    adjusted = holm([one.p_value for one in compared.values()])
    return {
        pair: replace(one, adjusted_p_value=p, pages_to_settle=one.pages_to_settle if p >= ALPHA else None)
        for (pair, one), p in zip(compared.items(), adjusted, strict=True)
    }


def on_common_pages(answers: Mapping[str, Sequence[Prediction]]) -> PairComparison | None:
    """Two models on the pages that both were asked about; None where there are none."""
    common = set.intersection(*({one.page for one in found} for found in answers.values()))
    if not common:
        return None
    (compared,) = compare_models(
        {name: [one for one in found if one.page in common] for name, found in answers.items()}
    )
    return compared


def _standing(rung: Rung, runs: Sequence[FoldRun], labels: Sequence[str]) -> Standing:
    answers = [one for run in runs for one in run.predictions]
    trained = [one.training_seconds for one in runs if one.training_seconds is not None]
    price = price_of(rung.model) if rung.model else None
    return Standing(
        rung=rung,
        folds=tuple(one.fold for one in runs),
        metrics=metrics_of(answers, labels),
        calibration_error=calibration_error(answers),
        training_seconds=fmean(trained) if trained else None,
        seconds_per_1000_pages=_seconds_per_1000_pages(runs, labels) if rung.model else None,
        usd_per_1000_pages=usd_per_1000_pages(price, answers, None),
    )


def _seconds_per_1000_pages(runs: Sequence[FoldRun], labels: Sequence[str]) -> float | None:
    """By the pace within each fold, once the model is loaded, which the first answer waits for."""
    loaded = [run.predictions[1:] for run in runs if len(run.predictions) > 1]
    paces = [metrics_of(predictions, labels).seconds_per_page for predictions in loaded]
    known = [pace for pace in paces if pace is not None]
    return 1000 * fmean(known) if known else None
