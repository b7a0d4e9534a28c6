"""Which answers are accepted, and which a person reviews.

The probability alone decides. That a page is unlike the training pages tells less of a wrong answer than that
(`benchmarks/abstention.py`): it puts pages into the second half of a review, and counts for the whole run
(`burnish.classification.drift`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from burnish.classification.bundles import documents_of_bundle
from burnish.classification.page_answers import DocumentAnswers, PageAnswer, two_likeliest
from burnish.classification.rules import PageRule, Pooled, pooled


class ReviewDecision(StrEnum):
    """What is to be done with an answer."""

    ACCEPT = "accept"
    REVIEW = "review"


@dataclass(frozen=True, kw_only=True)
class ReviewThreshold:
    """The probability from which on an answer is accepted; None where a person reviews all of them.

    0 accepts every answer that names a label, also where the model gives no probabilities.
    """

    value: float | None
    #: Where it comes from, or why there is none.
    source: str

    def __str__(self) -> str:
        told = "every answer is for review" if self.value is None else f"accepted from {self.value:.2f} on"
        return f"{told}: {self.source}"


@dataclass(frozen=True, kw_only=True)
class LabelVerdict:
    """The label of some pages of a document, and whether it is accepted."""

    document: str
    #: The first and the last page; none where the document could not be read.
    pages: tuple[int, int] | None
    label: str | None
    probability: float | None
    runner_up: str | None
    runner_up_probability: float | None
    decision: ReviewDecision
    #: Why it is to be reviewed; empty where it is accepted.
    reason: str


@dataclass(frozen=True, kw_only=True)
class DecisionRules:
    """How answers about pages become verdicts on documents."""

    threshold: ReviewThreshold
    labels: tuple[str, ...]
    rule: PageRule
    split: bool = False

    def of_document(self, answers: DocumentAnswers) -> list[LabelVerdict]:
        """The verdict on a document; on each document of a bundle, where bundles are split."""
        if not answers.pages:
            return [_unreadable(answers)]
        parts = documents_of_bundle(answers.pages, self.labels) if self.split else [answers.pages]
        return [self._verdict(answers.document, part, pooled(part, self.rule)) for part in parts]

    def of_pages(self, answers: DocumentAnswers) -> list[LabelVerdict]:
        """The verdict on every page that was asked about."""
        alone = ([page] for page in answers.pages)
        return [self._verdict(answers.document, page, pooled(page, PageRule.FIRST_PAGE)) for page in alone]

    def _verdict(self, document: str, pages: Sequence[PageAnswer], found: Pooled) -> LabelVerdict:
        reason = _problem_of(pages) or self._doubt(found)
        second = two_likeliest(found.probabilities, found.label)
        return LabelVerdict(
            document=document,
            pages=(pages[0].page, pages[-1].page),
            label=found.label,
            probability=found.probability,
            runner_up=second and second[0],
            runner_up_probability=second and second[1],
            decision=ReviewDecision.REVIEW if reason else ReviewDecision.ACCEPT,
            reason=reason,
        )

    def _doubt(self, found: Pooled) -> str:
        threshold = self.threshold.value
        if found.label is None:
            return "no label"
        if threshold is None:
            return self.threshold.source
        if threshold > 0 and found.probability is None:
            return "the model gives no probability"
        if found.probability is not None and found.probability < threshold:
            return f"below the review threshold, {threshold:.2f}"
        return ""


def _problem_of(pages: Sequence[PageAnswer]) -> str:
    for page in pages:
        where = f"page {page.page}: " if len(pages) > 1 else ""
        if page.problem:
            return where + page.problem
    return ""


def _unreadable(answers: DocumentAnswers) -> LabelVerdict:
    return LabelVerdict(
        document=answers.document,
        pages=None,
        label=None,
        probability=None,
        runner_up=None,
        runner_up_probability=None,
        decision=ReviewDecision.REVIEW,
        reason=answers.reason or "it has no pages",
    )
