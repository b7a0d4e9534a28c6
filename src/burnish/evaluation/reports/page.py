"""The report on any number of models as one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from burnish.appearance.colours import place_of
from burnish.appearance.pages import rendered
from burnish.calibration.intervals import wilson_interval
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.facts import DataFacts
from burnish.evaluation.field_scoring import ExtractionScore
from burnish.evaluation.metrics import Metrics, no_answer_name
from burnish.evaluation.mistakes import confusions_of, mistakes_of
from burnish.evaluation.reports.figures import (
    accuracy_plot,
    cost_plot,
    loss_plots,
    reliability_plots,
    risk_coverage_plot,
)
from burnish.evaluation.reports.many_labels import excerpt_note, most_confusions
from burnish.evaluation.reports.matrices import matrix_tables
from burnish.evaluation.reports.pictures import page_uri, picture, picture_for_any_width
from burnish.evaluation.reports.sentences import (
    basis_of,
    doubts_about_confidence,
    has_too_few,
    notes_of,
    review_of,
    unlike_training_of,
)
from burnish.evaluation.scoring import Score, Scores
from burnish.evaluation.verdict import Verdict

TONES = {
    Verdict.SETTLED: "better",
    Verdict.POOR: "open-question",
    Verdict.TIED: "open-question",
    Verdict.UNSETTLED: "open-question",
    Verdict.MEASURED: "open-question",
    Verdict.INCOMPLETE: "worse",
}


def tone_of(verdict: str) -> str:
    """The class that a verdict has in a page, which gives it its colours."""
    return TONES[Verdict(verdict)]


def html_of(evaluation: Evaluation, scores: Scores) -> str:
    """The report as a self-contained HTML page."""
    return rendered("report.html.jinja", _view(evaluation, scores), package="burnish.evaluation.reports")


def _view(evaluation: Evaluation, scores: Scores) -> dict[str, Any]:
    best = scores.best
    answers = evaluation.judgement.answers[best.model]
    confusions = confusions_of(answers)
    most = most_confusions(evaluation.labels)
    risk, cost = risk_coverage_plot(scores), cost_plot(scores)
    return {
        "evaluation": evaluation,
        "scores": scores,
        "best": best,
        "tone": tone_of(scores.verdict),
        "notes": notes_of(scores),
        "basis": basis_of(scores),
        "review": review_of(best),
        "doubts": doubts_about_confidence(scores),
        "unlike_training": unlike_training_of(best.model, answers),
        "too_few": has_too_few,
        "places": {name: place_of(name, scores.models) for name in scores.models},
        "page_uri": page_uri,
        "short_name": short_name,
        "no_answer": no_answer_name(evaluation.labels),
        "excerpt": excerpt_note(best.metrics.labels),
        "accuracy": picture_for_any_width(accuracy_plot(scores)),
        "matrices": matrix_tables(scores),
        "reliability": {name: picture(plot) for name, plot in reliability_plots(scores).items()},
        "risk": risk and picture_for_any_width(risk),
        "cost": cost and picture_for_any_width(cost),
        "losses": {name: picture_for_any_width(plot) for name, plot in loss_plots(evaluation).items()},
        "split": split_of(evaluation.data, best.metrics.pages) if evaluation.data else (),
        "skipped": Counter(one.reason for one in evaluation.data.skipped) if evaluation.data else Counter(),
        "confusions": confusions[:most],
        "more_confusions": len(confusions) - most,
        # Those with an image only: a saved evaluation holds no more.
        "mistakes": [one for one in mistakes_of(answers) if one.page in evaluation.thumbnails],
        "errors": errors_of(scores.scores),
        "limits": _limits(best.metrics),
    }


def short_name(name: str, arn: str) -> str:
    """A name, or without one what an ARN ends in."""
    return name or arn.rpartition("/")[2]


def split_of(data: DataFacts, tested: int) -> list[tuple[str, str, int, float]]:
    """Key, name, number and share of the pages that are trained on, validated on and held out."""
    parts = [
        ("train", "Training", data.train_records),
        ("validation", "Validation", data.validation_records),
        ("test", "Held out", tested),
    ]
    total = sum(count for _, _, count in parts)
    return [(key, name, count, count / total) for key, name, count in parts]


def _limits(metrics: Metrics) -> dict[str, Any]:
    """How little the figures of one label say: its number of pages, and the interval of a half."""
    label, score = min(metrics.per_label.items(), key=lambda item: (item[1].support, item[0]))
    half = score.support // 2
    low, high = wilson_interval(half, score.support) if score.support else (0.0, 1.0)
    return {"label": label, "support": score.support, "half": half, "low": low, "high": high}


def errors_of(scores: Iterable[Score | ExtractionScore]) -> list[tuple[str, str, int]]:
    """Which model's calls failed for which reason, and how often."""
    return [(one.model, failure.reason, failure.calls) for one in scores for failure in one.failures[:5]]
