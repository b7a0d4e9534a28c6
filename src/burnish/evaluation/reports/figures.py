"""The plots of a report, as they are drawn into its page and into files beside it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from burnish.appearance.colours import place_of
from burnish.appearance.quantities import percent, usd
from burnish.calibration.confidence import joined_bins
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.facts import LossPoint
from burnish.evaluation.plots import (
    CostPoint,
    plot_accuracies,
    plot_confusion_matrix,
    plot_cost_against_accuracy,
    plot_loss,
    plot_reliability,
    plot_risk_coverage,
)
from burnish.evaluation.reports.pictures import Plot
from burnish.evaluation.scoring import Confidence, Scores

#: Of fewer answers a curve over their confidence is mostly chance, however it is drawn.
FEWEST_FOR_CURVES = 50
#: A dot of fewer pages says nothing: it is drawn together with its neighbour.
FEWEST_IN_A_BIN = 10


def accuracy_plot(scores: Scores) -> Plot:
    """The accuracy of each model."""
    bars = {one.model: (one.metrics.accuracy, one.metrics.accuracy_interval) for one in scores.scores}
    told = ", ".join(f"{one.model} {percent(one.metrics.accuracy)}" for one in scores.scores)
    return Plot(draw=partial(plot_accuracies, bars), alt=f"Bar chart of accuracy: {told}.")


def confusion_plots(scores: Scores) -> dict[str, Plot]:
    """The confusion matrix of each model; the column for no answer is in all or in none."""
    needed = any(row[-1] for one in scores.scores for row in one.metrics.confusion)
    found = {}
    for one in scores.scores:
        metrics = one.metrics
        cells = [list(row[: len(metrics.labels) + needed]) for row in metrics.confusion]
        title = f"{one.model}: {metrics.correct} of {metrics.pages} right"
        alt = f"Confusion matrix. {title}, which is the diagonal's sum. The table of labels has the figures."
        place = place_of(one.model, scores.models)
        draw = partial(plot_confusion_matrix, cells, metrics.labels, title, place=place)
        found[one.model] = Plot(draw=draw, alt=alt)
    return found


def reliability_plots(scores: Scores) -> dict[str, Plot]:
    """The reliability of each model whose answers have a confidence, where there are enough of them."""
    return {
        one.model: _reliability_plot(one.model, one.confidence, place_of(one.model, scores.models))
        for one in scores.scores
        if one.confidence and one.confidence.uncalibrated.pages >= FEWEST_FOR_CURVES
    }


def risk_coverage_plot(scores: Scores) -> Plot | None:
    """The risk-coverage curves of the models whose answers have a confidence, where there are enough."""
    curves = {
        one.model: one.confidence.risk_coverage
        for one in scores.scores
        if one.confidence and one.confidence.uncalibrated.pages >= FEWEST_FOR_CURVES
    }
    if not curves:
        return None
    told = ", ".join(
        f"{one.model} {percent(one.review.coverage) if one.review else 'none'}" for one in scores.scores
    )
    draw = partial(plot_risk_coverage, curves, scores.precision, among=scores.models)
    return Plot(draw=draw, alt=f"Risk-coverage curves. Auto-accepted: {told}.")


def cost_plot(scores: Scores) -> Plot | None:
    """Cost against accuracy of the models whose price is known."""
    points = {
        one.model: CostPoint(
            usd=one.usd_per_1000_pages,
            accuracy=one.metrics.accuracy,
            interval=one.metrics.accuracy_interval,
        )
        for one in scores.scores
        if one.usd_per_1000_pages is not None
    }
    if not points:
        return None
    told = ", ".join(f"{name} {usd(one.usd)} and {percent(one.accuracy)}" for name, one in points.items())
    draw = partial(plot_cost_against_accuracy, points, among=scores.models)
    return Plot(draw=draw, alt=f"Dots of price for 1,000 pages and accuracy: {told}.")


def loss_plots(evaluation: Evaluation) -> dict[str, Plot]:
    """Training and validation losses of each model of which they are known."""
    found = {}
    for name, facts in evaluation.training.items():
        curves = {"Training": facts.training_losses, "Validation": facts.validation_losses}
        told = [
            f"{kind} loss goes from {c[0].loss:.3g} to {c[-1].loss:.3g}" for kind, c in curves.items() if c
        ]
        if told:
            trained, validated = _points(facts.training_losses), _points(facts.validation_losses)
            # Of a model that is trained but not compared, there is no colour to keep.
            place = place_of(name, evaluation.outcome.models) if name in evaluation.outcome.models else 1
            draw = partial(plot_loss, trained, validated, place=place)
            found[name] = Plot(draw=draw, alt=f"Loss of {name}. {'. '.join(told)}.")
    return found


def _points(losses: Sequence[LossPoint]) -> list[tuple[float, float]]:
    return [(point.step, point.loss) for point in losses]


def _reliability_plot(model: str, confidence: Confidence, place: int) -> Plot:
    before, after = confidence.uncalibrated, confidence.calibrated
    series = {"Uncalibrated": before.bins, **({"Calibrated": after.bins} if after else {})}
    curves = {name: joined_bins(bins, FEWEST_IN_A_BIN) for name, bins in series.items()}
    alt = f"Reliability of {model}. Expected calibration error: {percent(before.error)} uncalibrated"
    alt += f", {percent(after.error)} calibrated." if after else "."
    return Plot(draw=partial(plot_reliability, curves, place=place), alt=alt)
