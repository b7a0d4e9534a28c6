"""What a report says in sentences, beside its figures."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.appearance.quantities import percent
from burnish.evaluation.judgement import Basis
from burnish.evaluation.predicting import UNLIKE_TRAINING, Prediction
from burnish.evaluation.reports.figures import FEWEST_FOR_CURVES
from burnish.evaluation.scoring import Score, Scores


def notes_of(scores: Scores) -> list[str]:
    """What a reader must know beside the conclusion."""
    notes = [remark for one in scores.scores for remark in one.remarks]
    for one in scores.scores:
        for count, what in (
            (one.metrics.failed - one.unanswered, "calls failed"),
            (one.metrics.unparsed, "answers name no label"),
        ):
            if count:
                notes.append(f"{one.model}: {count} {what}; such a page counts as wrong.")
    return notes


def basis_of(scores: Scores) -> str:
    """Which answers count, and what the others would say."""
    if scores.basis is Basis.CALIBRATED:
        changed = [one for one in scores.scores if one.calibration and one.calibration.is_used]
        if not changed:
            return "Judged by answers as given: calibration helped none of the models."
        told = ", ".join(f"{one.model} gets {one.uncalibrated.correct}" for one in changed)
        pages = scores.best.metrics.pages
        return f"Judged by calibrated answers. Uncalibrated, {told} of {pages} pages right."
    without = [one.model for one in scores.scores if not one.calibration]
    have = "has" if len(without) == 1 else "have"
    return (
        f"Judged by uncalibrated answers: {' and '.join(without)} {have} no validation answers with "
        "probabilities."
    )


def review_of(score: Score) -> str:
    """What is auto-accepted of a model's answers, or why that cannot be said."""
    model, review = score.model, score.review
    if review is None:
        return f"No review threshold for {model}. {score.no_review}"
    low, high = map(percent, review.coverage_interval)
    covered = (
        f"Auto-accepting answers of {model} with a confidence of at least {percent(review.threshold)} covers "
        f"{review.accepted} of {review.pages} pages ({low} to {high})"
    )
    if review.precision is None or review.precision_interval is None:
        return f"{covered}."
    low, high = map(percent, review.precision_interval)
    return f"{covered}, of which {percent(review.precision)} are right ({low} to {high})."


def unlike_training_of(model: str, answers: Sequence[Prediction]) -> str:
    """Which answers are to pages that are unlike the training pages; empty where none tells."""
    told = [one for one in answers if one.typicality is not None]
    unlike = [one for one in told if one.is_unlike_training]
    if not told:
        return ""
    if not unlike:
        return f"None of {len(told)} pages is unlike those that {model} was trained on."
    right = sum(one.is_right for one in unlike)
    return (
        f"{len(unlike)} of {len(told)} pages are unlike those that {model} was trained on; {right} of its "
        f"answers to them are right. Of pages like those it would be about {UNLIKE_TRAINING:.0%}. A person "
        "should review them, for no label may fit: the table of predictions marks them."
    )


def doubts_about_confidence(scores: Scores) -> list[str]:
    """What the figures of confidence do not bear, and where calibration did not help."""
    worse = (_made_worse_by_calibration(one) for one in scores.scores)
    return [said for said in (_not_calibrated(scores), *worse, _too_few(scores)) if said]


def has_too_few(score: Score) -> bool:
    """Whether a model's answers are too few for figures of their confidence."""
    return score.confidence is not None and score.confidence.uncalibrated.pages < FEWEST_FOR_CURVES


def _not_calibrated(scores: Scores) -> str:
    kept = [one.model for one in scores.scores if one.calibration and not one.calibration.is_used]
    if not kept or scores.basis is Basis.UNCALIBRATED:
        return ""
    return (
        f"The answers of {_listed(kept)} are used as given: on validation answers that the fit had "
        "not seen, calibration made their confidence worse."
    )


def _made_worse_by_calibration(score: Score) -> str:
    sure, fitted = score.confidence, score.calibration
    if sure is None or sure.calibrated is None or fitted is None or has_too_few(score):
        return ""
    if sure.calibrated.error <= sure.uncalibrated.error:
        return ""
    return (
        f"Calibration has made the confidence of {score.model} worse on these pages: its calibration error "
        f"went from {sure.uncalibrated.error:.2f} to {sure.calibrated.error:.2f}. The "
        f"{fitted.answers} validation answers that it was fitted on did not show this."
    )


def _too_few(scores: Scores) -> str:
    few = [one.model for one in scores.scores if has_too_few(one)]
    if not few:
        return ""
    return (
        f"The answers of {_listed(few)} are too few to tell whether their confidence can be trusted: that "
        f"takes at least {FEWEST_FOR_CURVES}."
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
