"""Texts while they are written, several at once, a token of each at a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from burnish.engine.inference_messages import Answer, TextPiece

#: How a text has ended: as an answer, or by an error that is its own.
TextOutcome: TypeAlias = Answer | Exception

#: As many texts are written at once at most: on two cores, more are no faster.
MAX_TEXTS = 16


class Writer(Protocol):
    """Writes the texts that were begun with it. Each ends with an outcome of its own."""

    def step(self) -> None:
        """Begin a text, or write the next token of every one, or more."""


class Text(Protocol):
    """A text that a model is writing; it has no ``outcome`` before it has ended."""

    outcome: TextOutcome | None

    @property
    def writer(self) -> Writer:
        """What writes it on."""

    def next_piece(self) -> TextPiece | None:
        """What was written since this was last asked; None where that is nothing.

        Together the pieces are the beginning of the answer's text, or all of it.
        """


def written_together(texts: Sequence[Text]) -> list[TextOutcome]:
    """How texts end that are written at the same time, each by itself."""
    while unfinished := [text for text in texts if text.outcome is None]:
        for writer in {id(text.writer): text.writer for text in unfinished}.values():
            writer.step()
    return [text.outcome for text in texts if text.outcome is not None]


def written(text: Text) -> Answer:
    """The answer that a text becomes. Raises what ends it otherwise."""
    while text.outcome is None:
        text.writer.step()
    if isinstance(text.outcome, Exception):
        raise text.outcome
    return text.outcome
