"""The report on models that read fields, as one HTML page that needs nothing but itself."""

from __future__ import annotations

from functools import partial
from typing import Any

from burnish.appearance.colours import place_of
from burnish.appearance.pages import rendered
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.field_scoring import ExtractionScores
from burnish.evaluation.mistakes import mistakes_of
from burnish.evaluation.plots import plot_accuracies
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.reports.extraction_tables import wrong_values
from burnish.evaluation.reports.figures import loss_plots
from burnish.evaluation.reports.page import TONES, errors_of, short_name, split_of
from burnish.evaluation.reports.pictures import Plot, page_uri, picture_for_any_width

#: Of a document's wrong values so many are listed.
_SHOWN_VALUES = 8


def extraction_html(evaluation: Evaluation, scores: ExtractionScores) -> str:
    """The report as a self-contained HTML page."""
    view = _view(evaluation, scores)
    return rendered("extraction.html.jinja", view, package="burnish.evaluation.reports")


def micro_f1_plot(scores: ExtractionScores) -> Plot:
    """The micro F1 of each model."""
    bars = {one.model: (one.metrics.micro_f1, one.metrics.micro_f1_interval) for one in scores.scores}
    told = ", ".join(f"{name} {value:.2f}" for name, (value, _) in bars.items())
    return Plot(draw=partial(plot_accuracies, bars), alt=f"Bar chart of micro F1: {told}.")


def _view(evaluation: Evaluation, scores: ExtractionScores) -> dict[str, Any]:
    best = scores.best
    predictions = next(one for one in evaluation.candidates if one.name == best.model).predictions
    names = dict.fromkeys(field.name for one in scores.scores for field in one.metrics.fields)
    data = evaluation.data
    return {
        "evaluation": evaluation,
        "scores": scores,
        "best": best,
        "tone": TONES[scores.verdict],
        "places": {name: place_of(name, scores.models) for name in scores.models},
        "page_uri": page_uri,
        "short_name": short_name,
        "micro_f1": picture_for_any_width(micro_f1_plot(scores)),
        "losses": {name: picture_for_any_width(plot) for name, plot in loss_plots(evaluation).items()},
        "fields": {
            name: [
                next((field for field in one.metrics.fields if field.name == name), None)
                for one in scores.scores
            ]
            for name in names
        },
        "mistakes": [_mistake(one) for one in mistakes_of(predictions) if one.page in evaluation.thumbnails],
        "errors": errors_of(scores.scores),
        "split": split_of(data, best.metrics.pages) if data else (),
    }


def _mistake(prediction: Prediction) -> dict[str, Any]:
    """A page with the values that are wrong on it."""
    wrong = list(wrong_values(prediction))
    return {"page": prediction.page, "values": wrong[:_SHOWN_VALUES], "more": len(wrong) - _SHOWN_VALUES}
