"""The one rule that turns the answers of several models to the same pages into a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from burnish.evaluation.metrics import Metrics
from burnish.evaluation.predicting import UNANSWERED, Prediction
from burnish.evaluation.statistics import PairComparison, compare_models

Answers = Mapping[str, Sequence[Prediction]]


class Verdict(StrEnum):
    """Whether it can be said which model to use."""

    SETTLED = "Settled"
    #: One is better than the others, and still wrong on half of the pages or more.
    POOR = "Better, not good"
    #: The best get as many pages right, to the page.
    TIED = "A tie"
    UNSETTLED = "Not settled"
    #: There is but one model.
    MEASURED = "Measured"
    INCOMPLETE = "Evaluate again"


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """The verdict, and a sentence that claims no more than the figures bear."""

    verdict: Verdict
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Rating:
    """What the rule has to know of a model, with the words of the task for it."""

    #: By which models are ordered.
    score: float
    #: Whether nothing was answered.
    is_silent: bool
    #: Such as "gets 12 of 20 pages right", "on other pages like these expect between 39% and 78%", and, where
    #: to be better than others is no reason to be used, "is wrong on at least half of them".
    reads: str
    expected: str
    poor: str | None


def conclude(
    answers: Answers, metrics: Mapping[str, Metrics], comparisons: Sequence[PairComparison]
) -> Conclusion:
    """What to do, by paired tests that are corrected for several comparisons.

    All three are of the same models, by their names: their answers, the metrics of these, every two compared.
    """
    ratings = {name: _rating(one) for name, one in metrics.items()}
    return conclude_by(ratings, comparisons, answers, compare_models)


def conclude_by(
    ratings: Mapping[str, Rating],
    comparisons: Sequence[PairComparison],
    answers: Answers,
    compare: Callable[[Answers], Sequence[PairComparison]],
) -> Conclusion:
    """The same whatever models are rated by; ``compare`` is how every two were compared."""
    best = max(ratings, key=lambda name: ratings[name].score)
    rating = ratings[best]
    got = f"{best} {rating.reads}"
    # Before anything is compared: of a model that answered nothing, not even a difference is known.
    if silent := [name for name, one in ratings.items() if one.is_silent]:
        sentence = f"No call to {' and '.join(silent)} was answered: see why, and evaluate again."
        return Conclusion(verdict=Verdict.INCOMPLETE, sentence=sentence)
    if len(ratings) == 1:
        return Conclusion(verdict=Verdict.MEASURED, sentence=f"{got}: {rating.expected}.")
    if rivals := rivals_of(best, comparisons):
        is_tie = all(one.difference == 0 for one in rivals)
        verdict = Verdict.TIED if is_tie else Verdict.UNSETTLED
        return Conclusion(verdict=verdict, sentence=f"{got}{_doubt(best, rivals)}.")
    # A call that failed is no proof against a model: a verdict must hold even if each had been right.
    if failing := _failing_rivals(best, answers, compare):
        sentence = f"{got}, but calls to {' and '.join(failing)} failed: they may be the whole difference."
        return Conclusion(verdict=Verdict.INCOMPLETE, sentence=sentence)
    others = [name for name in ratings if name != best]
    better = f"is better than {others[0] if len(others) == 1 else 'all others'}"
    # To be better than a poor model is no reason to be used.
    if rating.poor:
        sentence = f"{got} and {better}, but {rating.poor}: do not rely on it."
        return Conclusion(verdict=Verdict.POOR, sentence=sentence)
    sentence = f"Use {best}: it {rating.reads}, and {better}."
    return Conclusion(verdict=Verdict.SETTLED, sentence=sentence)


def _rating(counts: Metrics) -> Rating:
    low, high = counts.accuracy_interval
    return Rating(
        score=counts.correct,
        is_silent=counts.failed == counts.pages,
        reads=f"gets {counts.correct} of {counts.pages} pages right",
        expected=f"on other pages like these expect between {low:.0%} and {high:.0%}",
        poor="is wrong on at least half of them" if 2 * counts.correct <= counts.pages else None,
    )


def best_of(metrics: Mapping[str, Metrics]) -> str:
    """The model that gets most pages right; the first of several."""
    return max(metrics, key=lambda name: metrics[name].correct)


def rivals_of(best: str, comparisons: Sequence[PairComparison]) -> list[PairComparison]:
    """The comparisons in which the model is not shown to be better."""
    return [one for one in comparisons if best in (one.first, one.second) and one.winner != best]


def _doubt(best: str, rivals: Sequence[PairComparison]) -> str:
    names = " and ".join(one.other_than(best) for one in rivals)
    if all(one.difference == 0 for one in rivals):
        return f", and so does {names}: take the cheaper one"
    needed = max((one.pages_to_settle or 0 for one in rivals), default=0)
    more = (
        f"; about {needed:,} pages would settle it, if the difference is as large as it appears"
        if needed
        else ""
    )
    return f", but its lead over {names} may be chance{more}"


def _failing_rivals(
    best: str, answers: Answers, compare: Callable[[Answers], Sequence[PairComparison]]
) -> list[str]:
    """The models that might not be worse, had each of their failed calls been a right answer."""
    generous = {
        name: found if name == best else [_had_it_been_answered(one) for one in found]
        for name, found in answers.items()
    }
    if generous == answers:
        return []
    return [one.other_than(best) for one in rivals_of(best, compare(generous))]


def _had_it_been_answered(one: Prediction) -> Prediction:
    failed = one.error is not None and one.error_code != UNANSWERED
    return replace(one, predicted=one.label) if failed else one
