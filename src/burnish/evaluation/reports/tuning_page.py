"""The report on a tuning as one HTML page that needs nothing but itself: no script, no request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from burnish.evaluation.conclusion import conclusion_of
from burnish.evaluation.metrics import Metrics, no_answer_name, wilson_interval
from burnish.evaluation.mistakes import confusions_of, mistakes_of
from burnish.evaluation.plots import plot_confusion_matrix, plot_loss, plot_model_comparison
from burnish.evaluation.plots.texts import numbered
from burnish.evaluation.reports.many_labels import excerpt_note, most_confusions
from burnish.evaluation.reports.pictures import Picture, percent, picture, picture_for_any_width, rendered
from burnish.evaluation.reports.tuning import LossPoint, Report


def html_of(report: Report) -> str:
    """The report as a self-contained HTML page."""
    return rendered("tuning.html.jinja", _view(report))


def comparison_of(report: Report) -> dict[str, dict[str, Any]]:
    """Both models' scores in the shape of `plot_model_comparison`."""
    return {"Base model": _scores(report.base.metrics), "Tuned model": _scores(report.tuned.metrics)}


def confusions_side_by_side(report: Report) -> tuple[list[list[int]], list[list[int]]]:
    """Base and tuned confusion matrix; the column for no answer is in both or, where all is zero, in none."""
    base, tuned = report.base.metrics.confusion, report.tuned.metrics.confusion
    columns = len(report.labels) + any(row[-1] for row in (*base, *tuned))
    return [list(row[:columns]) for row in base], [list(row[:columns]) for row in tuned]


def loss_of(report: Report) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Training and validation losses in the shape of `plot_loss`."""
    return _points(report.training.training_losses), _points(report.training.validation_losses)


def _view(report: Report) -> dict[str, Any]:
    base, tuned = report.base.metrics, report.tuned.metrics
    confusions = confusions_of(report.tuned.predictions)
    most = most_confusions(report.labels)
    return {
        "report": report,
        "conclusion": conclusion_of(base, tuned),
        "base": base,
        "tuned": tuned,
        "gain": round((tuned.accuracy - base.accuracy) * 100),
        "no_answer": no_answer_name(report.labels),
        "numbers": numbered(report.labels),
        "excerpt": excerpt_note(report.labels),
        "comparison": _comparison_picture(report),
        "matrices": _matrix_pictures(report),
        "loss": _loss_picture(report),
        "confusions": confusions[:most],
        "more_confusions": len(confusions) - most,
        "mistakes": [it for it in mistakes_of(report.tuned.predictions) if it.page in report.thumbnails],
        "errors": _errors(report),
        "split": _split(report),
        "skipped_reasons": Counter(skipped.reason for skipped in report.data.skipped).most_common(),
        "stage_total": sum(stage.seconds for stage in report.stages),
        "limits": _limits(tuned),
    }


def _comparison_picture(report: Report) -> Picture:
    base, tuned = report.base.metrics, report.tuned.metrics
    alt = (
        f"Bar chart. Accuracy: base {percent(base.accuracy)}, tuned {percent(tuned.accuracy)}. "
        f"Weighted F1: base {percent(base.weighted_f1)}, tuned {percent(tuned.weighted_f1)}. "
        f"Weighted recall: base {percent(base.weighted_recall)}, tuned {percent(tuned.weighted_recall)}."
    )
    return picture_for_any_width(partial(plot_model_comparison, comparison_of(report)), alt)


def _matrix_pictures(report: Report) -> list[Picture]:
    base, tuned = confusions_side_by_side(report)
    return [
        _matrix_picture("Base model", base, report.base.metrics),
        _matrix_picture("Tuned model", tuned, report.tuned.metrics),
    ]


def _matrix_picture(role: str, cells: list[list[int]], metrics: Metrics) -> Picture:
    title = f"{role}: {metrics.correct} of {metrics.pages} right"
    alt = f"Confusion matrix. {title}, which is the sum of the diagonal. The table of labels has the figures."
    return picture(partial(plot_confusion_matrix, cells, metrics.labels, title), alt)


def _loss_picture(report: Report) -> Picture | None:
    training, validation = loss_of(report)
    if not training and not validation:
        return None
    spans = [("Training", training), ("Validation", validation)]
    told = [f"{name} loss goes from {p[0][1]:.3g} to {p[-1][1]:.3g}" for name, p in spans if p]
    alt = f"Line chart. {'. '.join(told)}."
    return picture_for_any_width(partial(plot_loss, training, validation), alt)


def _scores(metrics: Metrics) -> dict[str, Any]:
    return {
        "accuracy": metrics.accuracy,
        "accuracy_interval": metrics.accuracy_interval,
        "f1": metrics.weighted_f1,
        "recall": metrics.weighted_recall,
    }


def _points(losses: Sequence[LossPoint]) -> list[tuple[float, float]]:
    return [(point.step, point.loss) for point in losses]


def _errors(report: Report) -> list[tuple[str, str, int]]:
    """Which model's calls failed with which error, and how often."""
    return [
        (role, error, count)
        for role, model in (("Base", report.base), ("Tuned", report.tuned))
        for error, count in Counter(it.error for it in model.predictions if it.error).most_common(5)
    ]


def _split(report: Report) -> list[tuple[str, str, int, float]]:
    """Key, name, number and share of what is trained on, validated on and held out."""
    data = report.data
    parts = [
        ("train", "Training", data.train_records),
        ("validation", "Validation", data.validation_records),
        ("test", "Held out", report.tuned.metrics.pages),
    ]
    total = sum(count for _, _, count in parts)
    return [(key, name, count, count / total) for key, name, count in parts]


def _limits(tuned: Metrics) -> dict[str, Any]:
    """How little the figures of one label say: its number of pages, and the interval of a half."""
    smallest = min(tuned.per_label.items(), key=lambda item: (item[1].support, item[0]))
    label, support = smallest[0], smallest[1].support
    low, high = wilson_interval(support // 2, support) if support else (0.0, 1.0)
    return {"label": label, "support": support, "half": support // 2, "low": low, "high": high}
