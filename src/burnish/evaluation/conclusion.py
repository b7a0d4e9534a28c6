"""What to conclude from an evaluation, in one sentence that claims no more than the figures bear."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from burnish.evaluation.metrics import Metrics, wilson_interval


class Verdict(StrEnum):
    """Whether tuning helped."""

    BETTER = "Better"
    #: Better than the base model, and still wrong on half of the pages or more.
    BETTER_BUT_POOR = "Better, not good"
    UNCLEAR = "No clear difference"
    WORSE = "Worse"


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """The verdict, the sentence that says it, and what a reader has to know beside it."""

    verdict: Verdict
    sentence: str
    notes: tuple[str, ...]


def conclusion_of(base: Metrics, tuned: Metrics) -> Conclusion:
    """What to conclude from the metrics of both models on the same pages."""
    verdict = _verdict(base, tuned)
    pages = "page" if tuned.pages == 1 else "pages"
    other = (
        f"the base model {base.correct}" if base.correct != tuned.correct else "and so does the base model"
    )
    counts = f"The tuned model gets {tuned.correct} of {tuned.pages} held-out {pages} right, {other}"
    notes = (*_failures("base", base), *_failures("tuned", tuned))
    return Conclusion(verdict=verdict, sentence=f"{counts}: {_advice(verdict, base, tuned)}.", notes=notes)


def _verdict(base: Metrics, tuned: Metrics) -> Verdict:
    """A difference is one when the 95 % intervals do not overlap, whatever the failed calls had said."""
    if tuned.accuracy_interval[0] > _at_best(base)[1]:
        return Verdict.BETTER if tuned.accuracy > 0.5 else Verdict.BETTER_BUT_POOR
    if _at_best(tuned)[1] < base.accuracy_interval[0]:
        return Verdict.WORSE
    return Verdict.UNCLEAR


def _at_best(metrics: Metrics) -> tuple[float, float]:
    """The interval of the accuracy, had every failed call been a right answer."""
    return wilson_interval(metrics.correct + metrics.failed, metrics.pages)


def _advice(verdict: Verdict, base: Metrics, tuned: Metrics) -> str:
    if verdict is Verdict.BETTER:
        return "use the tuned model"
    if verdict is Verdict.BETTER_BUT_POOR:
        return "better, but wrong on at least half of them, so not good enough to rely on"
    if verdict is Verdict.WORSE:
        return "tuning made it worse, so keep the base model"
    if _failures_could_explain(base, tuned):
        return "calls that failed may be the whole difference, so evaluate again"
    if base.correct == tuned.correct:
        return "it is not shown that tuning helped"
    return "such a difference may well be chance, so it is not shown that tuning changed anything"


def _failures_could_explain(base: Metrics, tuned: Metrics) -> bool:
    """Whether the models differ only while failed calls count as wrong, or one answered nothing at all."""
    (base_low, base_high), (tuned_low, tuned_high) = base.accuracy_interval, tuned.accuracy_interval
    nothing_answered = base.pages in (base.failed, tuned.failed)
    return nothing_answered or tuned_low > base_high or tuned_high < base_low


def _failures(role: str, metrics: Metrics) -> list[str]:
    notes = []
    if metrics.failed:
        calls = "1 call" if metrics.failed == 1 else f"{metrics.failed} calls"
        notes.append(f"{calls} to the {role} model failed; such a page counts as wrong.")
    if metrics.unparsed:
        answers = "1 answer" if metrics.unparsed == 1 else f"{metrics.unparsed} answers"
        notes.append(f"{answers} of the {role} model named no label; such a page counts as wrong.")
    return notes
