"""Who answers for pages: a model that is asked, or answers that somebody already has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from burnish.evaluation.confidence import agreement
from burnish.evaluation.journal import Journal, predict_once, question_of
from burnish.evaluation.predicting import Asking, Page, Prediction, Runtime, predict
from burnish.evaluation.recorded import RecordedPredictor
from burnish.records import ClassificationPrompt

__all__ = ["ConversePredictor", "Predictor", "RecordedPredictor"]

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
