"""The plots of a report, as they are drawn into its page and into files beside it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from burnish.appearance.quantities import percent, usd
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
        found[one.model] = Plot(draw=partial(plot_confusion_matrix, cells, metrics.labels, title), alt=alt)
    return found


def reliability_plots(scores: Scores) -> dict[str, Plot]:
    """The reliability of each model that has a confidence, before and after calibration."""
    return {
        one.model: _reliability_plot(one.model, one.confidence) for one in scores.scores if one.confidence
    }


def risk_coverage_plot(scores: Scores) -> Plot | None:
    """The risk-coverage curves of the models that have a confidence."""
    curves = {one.model: one.confidence.risk_coverage for one in scores.scores if one.confidence}
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
            draw = partial(plot_loss, _points(facts.training_losses), _points(facts.validation_losses))
            found[name] = Plot(draw=draw, alt=f"Loss of {name}. {'. '.join(told)}.")
    return found


def _points(losses: Sequence[LossPoint]) -> list[tuple[float, float]]:
    return [(point.step, point.loss) for point in losses]


def _reliability_plot(model: str, confidence: Confidence) -> Plot:
    before, after = confidence.uncalibrated, confidence.calibrated
    curves = {"Uncalibrated": before.bins, **({"Calibrated": after.bins} if after else {})}
    alt = f"Reliability of {model}. Expected calibration error: {percent(before.error)} uncalibrated"
    alt += f", {percent(after.error)} calibrated." if after else "."
    return Plot(draw=partial(plot_reliability, curves), alt=alt)
