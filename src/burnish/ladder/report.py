"""The ladder's folder: the report as an HTML page, and the same figures as data."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from burnish.appearance.colours import place_of
from burnish.appearance.pages import rendered
from burnish.appearance.quantities import percent
from burnish.disk import replace_file, reporting_full_disk
from burnish.evaluation.metrics import Metrics
from burnish.evaluation.plots import plot_accuracies, plot_learning_curve
from burnish.evaluation.reports.pictures import Plot, picture_for_any_width
from burnish.ladder.advice import AdviceKind
from burnish.ladder.learning_curves import LearningCurve
from burnish.ladder.result import Ladder
from burnish.ladder.rungs import FEATURES

REPORT_NAME, DATA_NAME = "report.html", "ladder.json"
#: The version of ``ladder.json``.
VERSION = 1
_TONES = {
    AdviceKind.TAKE: "better",
    AdviceKind.DO_NOT_FINE_TUNE: "open-question",
    AdviceKind.NOT_YET: "worse",
}
#: Labels with most errors of the rung to take that the report lists.
_LISTED = 12


def write_ladder(ladder: Ladder, folder: Path) -> Path:
    """The path of ``report.html``, written with ``ladder.json`` beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    with reporting_full_disk(folder):
        body = msgspec.json.format(msgspec.json.encode(data_of(ladder)), indent=1)
        replace_file(folder / DATA_NAME, body + b"\n")
        replace_file(folder / REPORT_NAME, html_of(ladder).encode())
    return folder / REPORT_NAME


def data_of(ladder: Ladder) -> dict[str, Any]:
    """Every figure of a ladder, as it is written and printed as JSON."""
    facts: dict[str, Any] = msgspec.to_builtins(ladder)
    return {"version": VERSION, **facts}


def html_of(ladder: Ladder) -> str:
    """The report as a self-contained HTML page."""
    return rendered("ladder.html.jinja", _view(ladder), package="burnish.ladder")


def _view(ladder: Ladder) -> dict[str, Any]:
    names = [one.rung.name for one in ladder.standings]
    advice, curve = ladder.advice, ladder.curve
    return {
        "ladder": ladder,
        "advice": advice,
        "taken": next((one for one in ladder.standings if advice and one.rung.name == advice.take), None),
        "tone": _TONES[advice.kind] if advice else "worse",
        "places": {name: place_of(name, names) for name in names},
        "accuracy": picture_for_any_width(_accuracies(ladder)) if names else None,
        "curve": picture_for_any_width(_curve(curve, place_of(FEATURES.name, names))) if curve else None,
        "labels": _missed_pages(ladder)[:_LISTED],
    }


def _accuracies(ladder: Ladder) -> Plot:
    bars = {one.rung.name: (one.metrics.accuracy, one.metrics.accuracy_interval) for one in ladder.standings}
    told = ", ".join(f"{name} {percent(accuracy)}" for name, (accuracy, _) in bars.items())
    return Plot(draw=partial(plot_accuracies, bars), alt=f"Bar chart of accuracy: {told}.")


def _curve(curve: LearningCurve, place: int) -> Plot:
    points = [
        (one.training_pages, one.metrics.accuracy, one.metrics.accuracy_interval) for one in curve.points
    ]
    told = ", ".join(f"{percent(accuracy)} with {pages:.0f} pages" for pages, accuracy, _ in points)
    return Plot(draw=partial(plot_learning_curve, points, place=place), alt=f"Accuracy: {told}.")


def _missed_pages(ladder: Ladder) -> list[tuple[str, list[tuple[int, int]]]]:
    """Each label with the pages that each rung misses, and of how many; the rung to take orders them."""
    if not ladder.advice:
        return []
    taken = [one.rung.name for one in ladder.standings].index(ladder.advice.take)
    rows = [(label, [_missed(one.metrics, label) for one in ladder.standings]) for label in ladder.labels]
    return sorted(rows, key=lambda row: (-row[1][taken][0], row[0]))


def _missed(metrics: Metrics, label: str) -> tuple[int, int]:
    score = metrics.per_label[label]
    return round(score.support * (1 - score.recall)), score.support
