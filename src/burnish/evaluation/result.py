"""An evaluation with its report, for Python callers: the verdict, DataFrames and plots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.data_frames import data_frame, html_table
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.reports.folder import report_tables
from burnish.evaluation.verdict import Verdict

if TYPE_CHECKING:
    from pandas import DataFrame

_SUMMARY = ("model", "correct", "pages", "accuracy", "95 % interval", "macro F1", "auto-accepted")
_FIELD_SUMMARY = ("model", "entirely right", "documents", "micro F1", "macro F1")
#: Plots are drawn for screens with two dots to the pixel.
_DOTS_PER_PIXEL = 2


@dataclass(frozen=True)
class SavedPlot:
    """A plot of a report, as it lies in a file. A notebook shows it."""

    path: Path

    def _repr_png_(self) -> tuple[bytes, Mapping[str, int]]:
        from PIL import Image

        with Image.open(self.path) as image:
            return self.path.read_bytes(), {"width": image.width // _DOTS_PER_PIXEL}


@dataclass(frozen=True, kw_only=True)
class EvaluationResult:
    """Models compared on the same held-out pages, and the report about it."""

    evaluation: Evaluation
    #: The HTML page; tables, plots and model cards lie beside it.
    report: Path

    @property
    def verdict(self) -> Verdict:
        """Which model to use, as far as the pages can tell."""
        return self.evaluation.outcome.verdict

    @property
    def conclusion(self) -> str:
        """The verdict in a sentence, with the evidence."""
        return self.evaluation.outcome.conclusion

    def frame(self, table: str = "models") -> DataFrame:
        """One of the report's tables: models, labels, comparisons, confusions, predictions, risk-coverage.

        Of extracted fields: models, fields, comparisons, predictions, values.
        """
        columns, *rows = report_tables(self.evaluation)[table]
        return data_frame([str(one) for one in columns], rows)

    @property
    def plots(self) -> Mapping[str, SavedPlot]:
        """The report's plots by name, such as ``accuracy`` and ``confusion-tuned``."""
        files = sorted((self.report.parent / "plots").glob("*.png"))
        return {path.stem: SavedPlot(path) for path in files}

    def _repr_html_(self) -> str:
        fields = self.evaluation.schema
        table = html_table(_FIELD_SUMMARY, self._field_summary()) if fields else self._label_summary()
        return f"<p><b>{escape(self.conclusion)}</b></p>{table}<p>Report: {escape(str(self.report))}</p>"

    def _field_summary(self) -> list[tuple[object, ...]]:
        return [
            (
                *(one.model, one.metrics.correct, one.metrics.pages),
                *(f"{one.metrics.micro_f1:.2f}", f"{one.metrics.macro_f1:.2f}"),
            )
            for one in self.evaluation.field_scores.scores
        ]

    def _label_summary(self) -> str:
        return html_table(_SUMMARY, self._summary())

    def _summary(self) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        for one in self.evaluation.scores.scores:
            metrics, (low, high) = one.metrics, one.metrics.accuracy_interval
            accepted = f"{one.review.coverage:.0%}" if one.review else "-"
            figures = (f"{metrics.accuracy:.1%}", f"{low:.1%} to {high:.1%}", f"{metrics.macro.f1:.2f}")
            rows.append((one.model, metrics.correct, metrics.pages, *figures, accepted))
        return rows
