"""One sentence of advice, which claims no win that the paired tests do not support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from burnish.appearance.quantities import percent
from burnish.evaluation.statistics import PairComparison
from burnish.ladder.learning_curves import LearningCurve
from burnish.ladder.standings import Standing
from burnish.pace import rough_duration

Comparisons = Mapping[tuple[str, str], PairComparison]


class AdviceKind(StrEnum):
    """What to do."""

    TAKE = "Take it"
    DO_NOT_FINE_TUNE = "Do not fine-tune"
    #: Nothing is better than always answering the commonest label.
    NOT_YET = "Not yet"


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Which rung to take, in a sentence with the evidence."""

    kind: AdviceKind
    take: str
    sentence: str


def advice_on(standings: Sequence[Standing], comparisons: Comparisons, curve: LearningCurve | None) -> Advice:
    """The rung to take: the lowest, and a higher one only where it is shown to be better than the one taken.

    The rungs are given from the cheapest to the dearest. Fine-tuning is advised against where it was tried
    and not shown to be better than what is cheaper.
    """
    taken = standings[0]
    for higher in standings[1:]:
        if _is_better(higher, taken, comparisons):
            taken = higher
    rejected = [one for one in standings[standings.index(taken) + 1 :] if one.rung.is_tuned]
    kind, start = _kind(taken, rejected), _start(taken, standings, comparisons)
    against = _against(taken, rejected[-1], comparisons) if rejected and taken.rung.model else ""
    return Advice(kind=kind, take=taken.rung.name, sentence=f"{start}{against}{_more_labels(curve)}.")


def _is_better(higher: Standing, lower: Standing, comparisons: Comparisons) -> bool:
    compared = comparisons.get((lower.rung.name, higher.rung.name))
    return compared is not None and compared.winner == higher.rung.name


def _kind(taken: Standing, rejected: Sequence[Standing]) -> AdviceKind:
    if taken.rung.model is None:
        return AdviceKind.NOT_YET
    return AdviceKind.DO_NOT_FINE_TUNE if rejected else AdviceKind.TAKE


def _start(taken: Standing, standings: Sequence[Standing], comparisons: Comparisons) -> str:
    metrics = taken.metrics
    if taken.rung.model is None:
        return (
            "No model is shown to be better than always giving the commonest label, which is right on "
            f"{metrics.correct} of {metrics.pages} pages: none of them is worth deploying yet"
        )
    low, high = metrics.accuracy_interval
    as_it_is = "" if taken.rung.is_tuned else " as it is"
    start = (
        f"Take {taken.rung.name}{as_it_is}: {percent(metrics.accuracy)} of {metrics.pages} pages right "
        f"({percent(low)} to {percent(high)})"
    )
    beaten = [one for one in standings if _is_better(taken, one, comparisons)]
    return f"{start}, better than {beaten[-1].rung.name}" if beaten else start


def _against(taken: Standing, rejected: Standing, comparisons: Comparisons) -> str:
    """Why a dearer model that was tuned is not taken."""
    name = rejected.rung.name
    compared = comparisons.get((taken.rung.name, name))
    if compared is None:
        return f"; {name} was not asked about the same pages"
    points = f"{compared.difference * 100:+.0f}"
    plain = "worse" if compared.winner == taken.rung.name else "not shown to be better"
    return (
        f"; do not fine-tune {name}: on the same {compared.pages} pages it is {plain} "
        f"({points} points, {_p_value(compared.adjusted_p_value)}) and trains {_training(rejected)}, not "
        f"{_training(taken)}"
    )


def _p_value(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.2g}"


def _training(standing: Standing) -> str:
    """How long a rung trains."""
    seconds = standing.training_seconds
    return f"for {rough_duration(seconds)}" if seconds is not None else "at all"


def _more_labels(curve: LearningCurve | None) -> str:
    if curve is None or not curve.is_rising or not curve.most_helped:
        return ""
    return f"; more labels of {' and '.join(curve.most_helped)} would help most"
