"""Sources of predictions: a model called through Converse, or recorded answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from burnish.errors import BurnishError, Conflict, InvalidConfig, NotFound
from burnish.evaluation.agreement import agreement
from burnish.evaluation.identity import Identify, ModelIdentity, unidentified
from burnish.evaluation.journal import Journal, predict_once
from burnish.evaluation.predicting import REFUSED, Asking, Page, Prediction, Runtime, predict
from burnish.evaluation.questions import Question
from burnish.extraction_prompts import Prompt
from burnish.phrasing import Phrasing

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


class ModelChanged(BurnishError):
    """Another model came to stand behind a name while it was asked."""


@dataclass(frozen=True, kw_only=True)
class ConversePredictor:
    """A model behind Converse, whose answers are kept in a journal and never asked for twice.

    With more than one sample, a model that gives no label probabilities is asked so often about every page,
    and its confidence is how often it says the same.
    """

    name: str
    #: What Converse calls it.
    model_id: str
    runtime: Runtime
    prompt: Prompt
    journal: Journal
    asking: Asking = field(default_factory=Asking)
    samples: int = 1
    #: Looks up which model stands behind the id. Without it answers are of no use to another predictor.
    identify: Identify = unidentified
    #: Hears what a user should know of how the model is asked.
    on_notice: Callable[[str], None] = lambda notice: None

    @cached_property
    def identity(self) -> ModelIdentity:
        """Which model answers, as it was when this was first asked for.

        Raises `NotFound` where there is none, and `Conflict` where it is not ready, as ``identify`` does.
        """
        found = self.identify(self.model_id)
        if not found.is_known:
            self.on_notice(
                f"{self.name}: it is not known which model answers, so answers of other runs are not "
                f"reused. {found.doubt}"
            )
        return found

    def predict(self, pages: Sequence[Page], on_prediction: Listener | None = None) -> list[Prediction]:
        """Ask about the pages that the journal has no answer for.

        Raises `ModelChanged` where another model stands behind the id when all is answered.
        """
        asking, samples = self._as_it_can_be_asked(self._sampled(), pages)
        if samples == 1:
            found = self._sample(1, pages, asking, on_prediction)
        else:
            rounds = [self._sample(number, pages, asking) for number in range(1, samples + 1)]
            found = [agreement(answers) for answers in zip(*rounds, strict=True)]
        # After the last answer, not before the first alone: a deployment can be pointed to another model
        # meanwhile.
        self._require_the_same_model()
        if samples > 1 and on_prediction:
            for one in found:
                on_prediction(one)
        return found

    def calls_needed(self, page_digests: Collection[str]) -> tuple[int, int]:
        """How many calls it takes to ask about pages, at most, and how many answers are there already."""
        sampled = self._sampled()
        ways = [
            (sampled, self.samples),
            (replace(sampled, structured=False), self.samples),
            (self._asking, 1),
        ]
        known = [self._known(asking, samples, page_digests) for asking, samples in ways]
        # What a model can do shows in how it was asked before; the first way is tried where it was not.
        likely = known.index(max(known))
        return len(page_digests) * ways[likely][1] - known[likely], known[likely]

    def _known(self, asking: Asking, samples: int, page_digests: Collection[str]) -> int:
        questions = [self._question(number, asking) for number in range(1, samples + 1)]
        return sum(self.journal.knows(question, page) for question in questions for page in page_digests)

    def _sampled(self) -> Asking:
        """How samples are asked for: one alone is the likeliest answer."""
        asking = self._asking
        return replace(asking, temperature=SAMPLING_TEMPERATURE) if self.samples > 1 else asking

    @property
    def _asking(self) -> Asking:
        return replace(self.asking, images=self.identity.image_tokens)

    def _question(self, sample: int, asking: Asking) -> Question:
        return Question(model=self.identity, prompt=self.prompt, asking=asking, sample=sample)

    def _as_it_can_be_asked(self, asking: Asking, pages: Sequence[Page]) -> tuple[Asking, int]:
        """How the model is asked, and how often about each page, as the answer about one page tells."""
        # One page first: a schema that is refused, or samples that are not needed, would cost a call for each
        # page.
        first = self._first_answer(asking, pages)
        if first is None:
            return asking, self.samples
        if first.error_code == REFUSED:
            return self._in_words(asking, pages), self.samples
        if self.samples > 1 and first.probabilities:
            self.on_notice(f"{self.name} gives label probabilities itself: one sample is enough")
            return self._asking, 1
        return asking, self.samples

    def _in_words(self, asking: Asking, pages: Sequence[Page]) -> Asking:
        return without_schema(asking, lambda way: self._first_answer(way, pages), self.on_notice, self.name)

    def _first_answer(self, asking: Asking, pages: Sequence[Page]) -> Prediction | None:
        """The answer about one page, which is kept like any other."""
        question = self._question(1, asking)
        for page in pages:
            if known := self.journal.answer_to(question, page):
                return known
        first = predict(self.runtime, self.model_id, pages[:1], self.prompt, asking)
        if first and first[0].error is None:
            self.journal.keep(question, pages[0], first[0])
        return first[0] if first else None

    def _sample(
        self, number: int, pages: Sequence[Page], asking: Asking, on_prediction: Listener | None = None
    ) -> list[Prediction]:
        question = self._question(number, asking)
        return predict_once(self.runtime, pages, question, journal=self.journal, on_prediction=on_prediction)

    def _require_the_same_model(self) -> None:
        """Raise `ModelChanged`, and withdraw the answers of this run, where another model answers by now."""
        before = self.identity
        if not before.is_known:
            return
        try:
            after = self.identify(self.model_id)
        except Conflict as error:
            raise self._changed(error.message) from error
        except NotFound as error:
            raise self._unsure(error.message) from error
        if not after.is_known:
            raise self._unsure(after.doubt)
        if after != before:
            raise self._changed(f"{before.model_arn} answered first, {after.model_arn} answers now")

    def _unsure(self, why: str) -> ModelChanged:
        return ModelChanged(f"It cannot be determined whether {self.name} is still the same model. {why}")

    def _changed(self, how: str) -> ModelChanged:
        what = f"The model behind {self.model_id!r} was replaced during the evaluation"
        self.journal.withdraw(self.identity, what)
        return ModelChanged(f"{what} ({how}): its answers cannot be used. Evaluate again")


def without_schema(
    asking: Asking,
    answer: Callable[[Asking], Prediction | None],
    on_notice: Callable[[str], None],
    name: str,
) -> Asking:
    """How to ask a model that has refused a request: in words, unless it refuses that as well.

    ``answer`` is what it says about one page when it is asked in a way.
    """
    in_words = replace(asking, structured=False)
    first = answer(in_words)
    if first and first.error_code == REFUSED:
        return asking
    on_notice(f"{name} does not support a schema for its answers: it is asked without one")
    return in_words


def require_ready(predictors: Sequence[ConversePredictor]) -> None:
    """Look up every model. Raises `InvalidConfig` naming all that do not exist or are not ready."""
    problems = []
    for one in predictors:
        try:
            one.identity  # noqa: B018  looked up once, and kept
        except (NotFound, Conflict) as error:
            problems.append(Phrasing(command=f"{one.name}: {error.in_terminal}", call=f"{one.name}: {error}"))
    if problems:
        raise InvalidConfig("The list of models", problems)
