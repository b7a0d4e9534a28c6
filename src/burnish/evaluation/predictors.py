"""Who answers for pages: a model that is asked, or answers that somebody already has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from burnish.errors import InvalidInput
from burnish.evaluation.journal import Journal, predict_once
from burnish.evaluation.parsing import parse_label
from burnish.evaluation.predicting import Page, Prediction, Runtime
from burnish.evaluation.structured import takes_a_schema
from burnish.records import ClassificationPrompt

Listener = Callable[[Prediction], None]


class Predictor(Protocol):
    """Gives a prediction for every page.

    There is one for each page, in the order of the pages, with the page's name and true label. A page without
    an answer has a prediction with an error: it stays in the count. ``on_prediction`` hears of each once.
    Predicting the same pages again gives the same.
    """

    @property
    def name(self) -> str:
        """What the predictor is called in a comparison."""
        ...

    def predict(self, pages: Sequence[Page], on_prediction: Listener | None = None) -> list[Prediction]:
        """The predictions."""
        ...


@dataclass(frozen=True, kw_only=True)
class ConversePredictor:
    """A model behind Converse, whose answers are kept in a journal and never asked for twice."""

    name: str
    runtime: Runtime
    prompt: ClassificationPrompt
    journal: Journal
    concurrency: int = 8
    #: Hears when a model can only be asked in words.
    on_words: Callable[[], None] | None = None

    def predict(self, pages: Sequence[Page], on_prediction: Listener | None = None) -> list[Prediction]:
        """Ask about the pages that the journal has no answer for."""
        unknown = next((page for page in pages if self.journal.answer_to(self.name, page) is None), None)
        structured = unknown is None or takes_a_schema(self.runtime, self.name, unknown, self.prompt)
        if not structured and self.on_words:
            self.on_words()
        return predict_once(
            self.runtime,
            self.name,
            pages,
            self.prompt,
            journal=self.journal,
            concurrency=self.concurrency,
            structured=structured,
            on_prediction=on_prediction,
        )


class _Answer(msgspec.Struct, frozen=True):
    page: str
    answer: str
    probabilities: dict[str, float] | None = None


@dataclass(frozen=True, kw_only=True)
class RecordedPredictor:
    """Answers from a JSONL file: lines of ``page`` and ``answer``, and ``probabilities`` if there are any."""

    name: str
    path: Path
    labels: Sequence[str]

    def predict(self, pages: Sequence[Page], on_prediction: Listener | None = None) -> list[Prediction]:
        """Look the pages up. Raises `InvalidInput` naming a line that cannot be read."""
        answers = self._answers()
        found = [self._prediction(page, answers.get(page.name)) for page in pages]
        for prediction in found:
            if on_prediction:
                on_prediction(prediction)
        return found

    def _answers(self) -> dict[str, _Answer]:
        try:
            lines = self.path.read_bytes().splitlines()
        except (FileNotFoundError, IsADirectoryError) as error:
            raise InvalidInput(f"There are no answers at {str(self.path)!r}: give a JSONL file") from error
        answers: dict[str, _Answer] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                one = msgspec.json.decode(line, type=_Answer)
            except msgspec.MsgspecError as error:
                raise InvalidInput(
                    f"{self.path}, line {number}: {error}. A line holds a page and an answer"
                ) from error
            if one.page in answers:
                raise InvalidInput(f"{self.path}, line {number}: {one.page!r} is answered twice")
            answers[one.page] = one
        return answers

    def _prediction(self, page: Page, one: _Answer | None) -> Prediction:
        if one is None:
            return Prediction(
                page=page.name, label=page.label, error="there is no answer for it", seconds=0.0
            )
        return Prediction(
            page=page.name,
            label=page.label,
            answer=one.answer,
            predicted=parse_label(one.answer, self.labels),
            probabilities=one.probabilities,
            seconds=0.0,
        )
