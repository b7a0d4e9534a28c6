"""Answers about pages, as tests write them."""

from __future__ import annotations

from burnish.classification.page_answers import DocumentAnswers, PageAnswer

LABELS = ("invoice", "letter", "memo")


def page(number: int, label: str | None, probability: float | None = None, **more) -> PageAnswer:
    """A page whose other labels share what is left equally."""
    given = None
    if probability is not None:
        rest = (1 - probability) / (len(LABELS) - 1)
        given = {one: probability if one == label else rest for one in LABELS}
    return PageAnswer(page=number, label=label, probabilities=given, **more)


def document(*pages: PageAnswer, name: str = "one.pdf", key: str = "aa", **more) -> DocumentAnswers:
    return DocumentAnswers(key=key, document=name, path=name, pages=list(pages), **more)
