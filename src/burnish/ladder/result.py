"""The ladder as data: what is saved, and what table, report and advice are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.appearance.quantities import percent
from burnish.data_frames import data_frame, html_table
from burnish.evaluation.facts import ReadingTime
from burnish.evaluation.statistics import PairComparison
from burnish.ladder.advice import Advice, advice_on
from burnish.ladder.climbing import Climbed
from burnish.ladder.learning_curves import LearningCurve, learning_curve
from burnish.ladder.rungs import Rung
from burnish.ladder.standings import Standing, comparisons_of, standings_of
from burnish.pace import rough_duration

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = (
    *("rung", "right", "accuracy", "95 %", "macro F1", "ECE"),
    *("against below", "p", "folds", "training", "1,000 pages", "$/1,000"),
)


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """Every rung on the folds of the same documents, and what follows from it."""

    source: str
    created: datetime
    labels: tuple[str, ...]
    documents: int
    folds: int
    standings: tuple[Standing, ...]
    #: Every two rungs, corrected for all of them together.
    comparisons: tuple[PairComparison, ...]
    curve: LearningCurve | None
    #: None where no rung was finished.
    advice: Advice | None
    #: Why a rung was given up, by its name.
    failures: Mapping[str, str] = field(default_factory=dict)
    reading: ReadingTime | None = None

    def rows(self) -> list[tuple[str, ...]]:
        """A row of `COLUMNS` for each rung."""
        return [_row(one, self.folds) for one in self.standings]

    def remarks(self) -> list[str]:
        """What has to be said beside the table."""
        said = [f"{name} was given up: {reason}" for name, reason in self.failures.items()]
        if self.reading:
            said.append(
                f"Reading {self.reading.pages} pages took {self.reading.seconds:.1f} s, once for all rungs: "
                "their times are without it"
            )
        partial = [one.rung.name for one in self.standings if len(one.folds) < self.folds]
        if partial:
            said.append(
                f"There was no time for all folds of {' and '.join(partial)}: compared on the pages of both"
            )
        return said


@dataclass(frozen=True, kw_only=True)
class LadderResult:
    """The ladder and the report about it. A notebook shows the table."""

    ladder: Ladder
    report: Path

    @property
    def advice(self) -> str:
        """Which rung to take, in a sentence."""
        return self.ladder.advice.sentence if self.ladder.advice else "No rung was finished."

    def frame(self) -> DataFrame:
        """The table, as a DataFrame with a row for each rung."""
        return data_frame(COLUMNS, self.ladder.rows()).set_index("rung")

    def __str__(self) -> str:
        return self.advice

    def _repr_html_(self) -> str:
        table = html_table(COLUMNS, self.ladder.rows())
        return f"<p><b>{escape(self.advice)}</b></p>{table}<p>Report: {escape(str(self.report))}</p>"


def ladder_of(
    climbed: Climbed,
    rungs: Sequence[Rung],
    *,
    source: str,
    labels: Sequence[str],
    documents: int,
    folds: int,
) -> Ladder:
    """What follows from the runs of a climb."""
    standings = standings_of(climbed.runs, rungs, labels)
    compared = comparisons_of(climbed.runs, [one.rung.name for one in standings])
    curve = learning_curve(climbed.runs, labels)
    return Ladder(
        source=source,
        created=datetime.now(UTC),
        labels=tuple(labels),
        documents=documents,
        folds=folds,
        standings=tuple(standings),
        comparisons=tuple(compared.values()),
        curve=curve,
        advice=advice_on(standings, compared, curve) if standings else None,
        failures=dict(climbed.failures),
        reading=climbed.reading,
    )


def _row(one: Standing, folds: int) -> tuple[str, ...]:
    metrics, below = one.metrics, one.against_below
    low, high = metrics.accuracy_interval
    return (
        one.rung.name,
        f"{metrics.correct}/{metrics.pages}",
        percent(metrics.accuracy),
        f"{percent(low)} to {percent(high)}",
        f"{metrics.macro.f1:.2f}",
        f"{one.calibration_error:.2f}" if one.calibration_error is not None else "-",
        f"{below.difference * 100:+.0f}" if below else "-",
        _p_value(below.adjusted_p_value) if below else "-",
        f"{len(one.folds)} of {folds}",
        rough_duration(one.training_seconds) if one.training_seconds is not None else "-",
        rough_duration(one.seconds_per_1000_pages) if one.seconds_per_1000_pages is not None else "-",
        f"{one.usd_per_1000_pages:.3g}" if one.usd_per_1000_pages is not None else "-",
    )


def _p_value(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"
