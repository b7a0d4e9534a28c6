"""What a model has answered about the pages of a document, as it is kept and as rules read it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from burnish.evaluation.predicting import Prediction


class PageAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer about a page, or why there is none. Pages count from 1."""

    page: int
    label: str | None = None
    #: The probability of every label, where the model gives them.
    probabilities: dict[str, float] | None = None
    is_unlike_training: bool = False
    #: The share of training pages that are no more typical, where the model tells.
    typicality: float | None = None
    #: Why there is no label.
    problem: str | None = None
    #: Whether asking again may help: the call itself failed.
    has_failed: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    #: Whether it was asked about in a batch, at half the price.
    in_batch: bool = False


class DocumentAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """The answers about all pages of a document; without pages, the reason why it cannot be read."""

    key: str
    document: str
    #: Where the file lies on this machine.
    path: str
    pages: list[PageAnswer]
    reason: str | None = None
    #: The SHA-256 of the file; earlier versions kept none.
    digest: str = ""
    #: The perceptual hash of each page that was rendered, in hexadecimal; empty for a blank one.
    looks: tuple[str, ...] = ()

    @property
    def is_final(self) -> bool:
        """Whether nothing is left to ask about it."""
        return self.reason is None and not any(page.has_failed for page in self.pages)


def page_answer(number: int, found: Prediction, *, in_batch: bool = False) -> PageAnswer:
    """What is kept of a prediction."""
    problem = found.error
    if problem is None and found.predicted is None:
        problem = f"the answer names none of the labels: {(found.answer or '')[:80]!r}"
    return PageAnswer(
        page=number,
        label=found.predicted,
        probabilities=dict(found.probabilities) if found.probabilities else None,
        is_unlike_training=found.is_unlike_training,
        typicality=found.typicality,
        problem=problem,
        has_failed=found.error is not None,
        input_tokens=found.input_tokens or 0,
        output_tokens=found.output_tokens or 0,
        in_batch=in_batch,
    )


def two_likeliest(probabilities: Mapping[str, float], label: str | None) -> tuple[str, float] | None:
    """The likeliest label besides ``label``, and its probability."""
    others = [(value, name) for name, value in probabilities.items() if name != label]
    if not others:
        return None
    value, name = max(others)
    return name, value
