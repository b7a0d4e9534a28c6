"""Who answers for pages: a model that is asked, or answers that somebody already has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import msgspec

from burnish.errors import InvalidInput
from burnish.evaluation.confidence import agreement
from burnish.evaluation.journal import Journal, predict_once, question_of
from burnish.evaluation.parsing import parse_label
from burnish.evaluation.predicting import Asking, Page, Prediction, Runtime, predict
from burnish.records import ClassificationPrompt

Listener = Callable[[Prediction], None]

#: At which samples of one page differ where the model is not sure.
SAMPLING_TEMPERATURE = 0.7


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
    """A model behind Converse, whose answers are kept in a journal and never asked for twice.

    With more than one sample, a model that gives no label probabilities is asked so often about every page,
    and how sure it is follows from how often it says the same.
    """

    name: str
    #: What Converse calls it. Answers are kept under this: the name may change, the model does not.
    model_id: str
    runtime: Runtime
    prompt: ClassificationPrompt
    journal: Journal
    asking: Asking = field(default_factory=Asking)
    samples: int = 1
    #: Hears what a user should know of how the model is asked.
    on_notice: Callable[[str], None] = lambda notice: None

    def predict(self, pages: Sequence[Page], on_prediction: Listener | None = None) -> list[Prediction]:
        """Ask about the pages that the journal has no answer for."""
        asking, samples = self.asking, self.samples
        if first := self._first_answer(pages):
            if "(ValidationException)" in (first.error or ""):
                self.on_notice(f"{self.name} takes no schema for its answers: it is asked in words")
                asking = replace(asking, structured=False)
            if samples > 1 and first.probabilities:
                self.on_notice(f"{self.name} says itself how sure it is: one sample is enough")
                samples = 1
        if samples == 1:
            return self._sample(1, pages, asking, on_prediction)
        asking = replace(asking, temperature=SAMPLING_TEMPERATURE)
        rounds = [self._sample(number, pages, asking) for number in range(1, samples + 1)]
        found = [agreement(answers) for answers in zip(*rounds, strict=True)]
        for one in found:
            if on_prediction:
                on_prediction(one)
        return found

    def _first_answer(self, pages: Sequence[Page]) -> Prediction | None:
        """The answer about one page, which tells what the model can do; it is kept like any other."""
        for page in pages:
            if known := self.journal.answer_to(self.model_id, page, self.prompt):
                return known
        first = predict(self.runtime, self.model_id, pages[:1], self.prompt, self.asking)
        if first and first[0].error is None:
            self.journal.keep(self.model_id, question_of(pages[0], self.prompt), first[0])
        return first[0] if first else None

    def _sample(
        self, number: int, pages: Sequence[Page], asking: Asking, on_prediction: Listener | None = None
    ) -> list[Prediction]:
        return predict_once(
            self.runtime,
            self.model_id,
            pages,
            self.prompt,
            asking,
            journal=self.journal,
            kept_as=self.model_id if number == 1 else f"{self.model_id}, sample {number}",
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
