"""The report on any number of models as one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

from burnish.evaluation.confidence import Bin, Coverage
from burnish.evaluation.metrics import no_answer_name
from burnish.evaluation.mistakes import confusions_of, mistakes_of
from burnish.evaluation.plots import (
    CostPoint,
    plot_accuracies,
    plot_confusion_matrix,
    plot_cost_against_accuracy,
    plot_loss,
    plot_reliability,
    plot_risk_coverage,
)
from burnish.evaluation.plots.texts import numbered
from burnish.evaluation.reports.evaluation import Evaluation
from burnish.evaluation.reports.many_labels import excerpt_note, most_confusions
from burnish.evaluation.reports.pictures import (
    Picture,
    percent,
    picture,
    picture_for_any_width,
    rendered,
    usd,
)
from burnish.evaluation.reports.tuning import LossPoint
from burnish.evaluation.scoring import Score, Scores

Points = list[tuple[float, float]]

AS_SAID, MENDED = "As the model says", "Mended on validation pages"


def html_of(evaluation: Evaluation, scores: Scores) -> str:
    """The report as a self-contained HTML page."""
    return rendered("evaluation.html.jinja", _view(evaluation, scores))


def accuracies_of(scores: Scores) -> dict[str, tuple[float, tuple[float, float]]]:
    """Accuracies in the shape of `plot_accuracies`."""
    return {one.model: (one.metrics.accuracy, one.metrics.accuracy_interval) for one in scores.scores}


def confusions_of_models(scores: Scores) -> list[tuple[str, list[list[int]], str]]:
    """Title, cells and model of each confusion matrix; the column for no answer is in all or in none."""
    needed = any(row[-1] for one in scores.scores for row in one.metrics.confusion)
    found = []
    for one in scores.scores:
        metrics = one.metrics
        columns = len(metrics.labels) + needed
        title = f"{one.model}: {metrics.correct} of {metrics.pages} right"
        found.append((title, [list(row[:columns]) for row in metrics.confusion], one.model))
    return found


def costs_of(scores: Scores) -> dict[str, CostPoint]:
    """The models whose price is known, in the shape of `plot_cost_against_accuracy`."""
    return {
        one.model: CostPoint(
            usd=one.usd_per_1000_pages,
            accuracy=one.metrics.accuracy,
            interval=one.metrics.accuracy_interval,
        )
        for one in scores.scores
        if one.usd_per_1000_pages is not None
    }


def reliability_of(score: Score) -> dict[str, tuple[Bin, ...]]:
    """A model's reliability in the shape of `plot_reliability`; empty where it says nothing of it."""
    if score.confidence is None:
        return {}
    mended = score.confidence.mended
    return {AS_SAID: score.confidence.as_said.bins, **({MENDED: mended.bins} if mended else {})}


def risks_of(scores: Scores) -> dict[str, tuple[Coverage, ...]]:
    """Risk-coverage curves of the models that say how sure they are, in the shape of `plot_risk_coverage`."""
    return {one.model: one.confidence.risk_coverage for one in scores.scores if one.confidence}


def losses_of(evaluation: Evaluation) -> dict[str, tuple[Points, Points]]:
    """Training and validation losses of the models that have any, in the shape of `plot_loss`."""
    losses = {
        name: (_points(facts.training_losses), _points(facts.validation_losses))
        for name, facts in evaluation.training.items()
    }
    return {name: both for name, both in losses.items() if any(both)}


def _view(evaluation: Evaluation, scores: Scores) -> dict[str, Any]:
    best = scores.best
    answers = next(one.predictions for one in evaluation.candidates if one.name == best.model)
    confusions = confusions_of(answers)
    most = most_confusions(evaluation.labels)
    return {
        "evaluation": evaluation,
        "scores": scores,
        "best": best,
        "verdict": _verdict(scores),
        "notes": _notes(scores),
        "no_answer": no_answer_name(evaluation.labels),
        "numbers": numbered(best.metrics.labels),
        "excerpt": excerpt_note(best.metrics.labels),
        "accuracy": _accuracy_picture(scores),
        "matrices": _matrix_pictures(scores),
        "reliability": _reliability_pictures(scores),
        "risk": _risk_picture(evaluation, scores),
        "cost": _cost_picture(scores),
        "losses": _loss_pictures(evaluation),
        "confusions": confusions[:most],
        "more_confusions": len(confusions) - most,
        "mistakes": [one for one in mistakes_of(answers) if one.page in evaluation.thumbnails],
        "errors": _errors(evaluation),
    }


def _verdict(scores: Scores) -> tuple[str, str]:
    """What is shown above the sentence, and its tone."""
    if any(one.metrics.failed == one.metrics.pages for one in scores.scores):
        return "Evaluate again", "worse"
    if len(scores.scores) == 1:
        return "Measured", "open"
    return ("Not settled", "open") if scores.rivals else ("Settled", "better")


def _notes(scores: Scores) -> list[str]:
    """What a reader must know beside the conclusion."""
    notes = [remark for one in scores.scores for remark in one.remarks]
    for one in scores.scores:
        for count, what in (
            (one.metrics.failed - one.unanswered, "calls failed"),
            (one.metrics.unparsed, "answers name no label"),
        ):
            if count:
                notes.append(f"{one.model}: {count} {what}; such a page counts as wrong.")
    confidence = scores.best.confidence
    if confidence and confidence.review:
        review = confidence.review
        notes.append(
            f"Taking only answers of {scores.best.model} that are at least {percent(review.threshold)} sure, "
            f"{percent(review.precision)} of those taken are right, and a person looks at {review.reviewed} "
            f"of {scores.best.metrics.pages} pages."
        )
    elif confidence:
        wanted = percent(scores.precision)
        notes.append(
            f"At no threshold are {wanted} of the answers of {scores.best.model} right: look at each page."
        )
    return notes


def _accuracy_picture(scores: Scores) -> Picture:
    told = ", ".join(f"{one.model} {percent(one.metrics.accuracy)}" for one in scores.scores)
    return picture_for_any_width(
        partial(plot_accuracies, accuracies_of(scores)), f"Bar chart of accuracy: {told}."
    )


def _matrix_pictures(scores: Scores) -> list[Picture]:
    labels = scores.best.metrics.labels
    return [
        picture(
            partial(plot_confusion_matrix, cells, labels, title),
            f"Confusion matrix. {title}, which is the diagonal's sum. The table of labels has the figures.",
        )
        for title, cells, _ in confusions_of_models(scores)
    ]


def _reliability_pictures(scores: Scores) -> list[tuple[str, Picture]]:
    found = []
    for one in scores.scores:
        if (curves := reliability_of(one)) and one.confidence:
            after = one.confidence.mended
            before = one.confidence.as_said.error
            alt = f"Reliability of {one.model}: its confidence is off by {percent(before)}"
            alt += f", mended by {percent(after.error)}." if after else "."
            found.append((one.model, picture(partial(plot_reliability, curves), alt)))
    return found


def _risk_picture(evaluation: Evaluation, scores: Scores) -> Picture | None:
    curves = risks_of(scores)
    if not any(curves.values()):
        return None
    told = [
        f"{one.model} {percent(one.confidence.review.coverage) if one.confidence.review else 'none'}"
        for one in scores.scores
        if one.confidence
    ]
    alt = f"Risk-coverage curves. Taken at {percent(evaluation.precision)} precision: {', '.join(told)}."
    return picture_for_any_width(
        partial(plot_risk_coverage, curves, evaluation.precision, among=scores.models), alt
    )


def _cost_picture(scores: Scores) -> Picture | None:
    points = costs_of(scores)
    if not points:
        return None
    told = [f"{name} {usd(one.usd)} and {percent(one.accuracy)}" for name, one in points.items()]
    alt = f"Dots of price for 1,000 pages and accuracy: {', '.join(told)}."
    return picture_for_any_width(partial(plot_cost_against_accuracy, points, among=scores.models), alt)


def _loss_pictures(evaluation: Evaluation) -> list[tuple[str, Picture]]:
    found = []
    for name, (training, validation) in losses_of(evaluation).items():
        spans = [("Training", training), ("Validation", validation)]
        told = [f"{kind} loss goes from {p[0][1]:.3g} to {p[-1][1]:.3g}" for kind, p in spans if p]
        alt = f"Loss of {name}. {'. '.join(told)}."
        found.append((name, picture_for_any_width(partial(plot_loss, training, validation), alt)))
    return found


def _points(losses: tuple[LossPoint, ...]) -> Points:
    return [(point.step, point.loss) for point in losses]


def _errors(evaluation: Evaluation) -> list[tuple[str, str, int]]:
    """Which model's calls failed with which error, and how often."""
    return [
        (one.name, error, count)
        for one in evaluation.candidates
        for error, count in Counter(it.error for it in one.predictions if it.error).most_common(5)
    ]
