"""A causal language model as a model that can be tuned: an adapter is trained, and answers are decided."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from burnish.engine.adapters import is_merged
from burnish.engine.checkpoints import NO_CHECKPOINTS, Checkpoints
from burnish.engine.conversations import Example, TrainingData
from burnish.engine.language_model.answering import AnsweringLanguageModel, SharedBase
from burnish.engine.language_model.calibrating import fitted_decision
from burnish.engine.language_model.decision import Decision, save_decision
from burnish.engine.language_model.defaults import chosen_for_plain_texts, chosen_training
from burnish.engine.language_model.examples import epochs_of, tokenized
from burnish.engine.language_model.network import LanguageModel, load_language_model
from burnish.engine.language_model.page_tokens import (
    cut_pages,
    fitting_page_tokens,
    given_page_tokens,
    reading_for_tokens,
)
from burnish.engine.language_model.plain_texts import sequences_of
from burnish.engine.language_model.training import LoraTraining, save_adapter, train
from burnish.engine.language_model.training_step import TokenizedExample
from burnish.engine.pages import Reading
from burnish.engine.tunable_model import ExampleProblem, HeldOutAnswers, Progress
from burnish.engine.worker_group import ALONE, WorkerGroup
from burnish.families.open_weights import MIN_PAGE_TOKENS

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TunedLanguageModel:
    """A trained adapter in its network, and how its answers are decided."""

    model: LanguageModel
    decision: Decision
    held_out: HeldOutAnswers = field(default_factory=HeldOutAnswers)

    @property
    def reading(self) -> Reading:
        """As much text of each page as it was trained with."""
        return reading_for_tokens(self.decision.page_tokens)

    def save(self, folder: Path) -> None:
        """Write the adapter and the decision into a folder. Raises `DiskFull`."""
        save_adapter(self.model, folder)
        save_decision(self.decision, folder)


class TunableLanguageModel:
    """The language model in a folder of weights."""

    def __init__(self, weights: Path) -> None:
        self._weights = weights
        self._model = load_language_model(weights)
        self._base = SharedBase(self._model)

    def reading_for(self, hyperparameters: Mapping[str, str]) -> Reading:
        """The text of each page, as far as it is asked for; all of it where that is chosen from the data."""
        return reading_for_tokens(given_page_tokens(hyperparameters))

    def settings(self, hyperparameters: Mapping[str, str], data: TrainingData) -> LoraTraining:
        """How the adapter is trained, with what is left open chosen. Logs what is cut off the pages."""
        parameters = self._model.network.num_parameters()
        if data.is_plain_text:
            sequences = self._sequences(data.training)
            log.info("The texts are %d sequences of %d tokens", len(sequences), len(sequences[0].answer))
            return chosen_for_plain_texts(hyperparameters, sequences=len(sequences), parameters=parameters)
        settings = chosen_training(hyperparameters, examples=len(data.training), parameters=parameters)
        given = given_page_tokens(hyperparameters)
        page_tokens = fitting_page_tokens(self._model, data, given)
        pages = cut_pages(self._model, data, page_tokens)
        log.info("%s", pages.said(page_tokens))
        chosen = () if given else (pages.as_choice(page_tokens),)
        return replace(settings, page_tokens=page_tokens, pages=pages, chosen=(*settings.chosen, *chosen))

    def problems(self, examples: Sequence[Example]) -> list[ExampleProblem]:
        """The examples too long for the model's context, however little it is given of their pages.

        A plain text is never too long: it is cut.
        """
        examples = [example for example in examples if not example.is_plain_text]
        shortest = [self._tokenized(example, MIN_PAGE_TOKENS) for example in examples]
        sizes = [len(one.prompt) + len(one.answer) for one in shortest]
        context = self._model.context
        return [
            ExampleProblem(
                index=index, problem=f"{size} tokens; the model's context is {context}: shorten it"
            )
            for index, size in enumerate(sizes)
            if size > context
        ]

    def train(
        self,
        data: TrainingData,
        settings: LoraTraining,
        *,
        progress: Progress,
        starting_from: Path | None = None,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
        workers: WorkerGroup = ALONE,
    ) -> TunedLanguageModel:
        """The model with an adapter trained on the data, calibrated on the validation examples.

        With plain texts it is pre-trained further: it learns all of their tokens, and decides nothing yet.
        Of several workers, the first one has the model calibrated.
        """
        if data.is_plain_text:
            return self._pre_trained(data, settings, progress, starting_from, checkpoints, workers)
        whole = [self._tokenized(example, settings.page_tokens) for example in data.training]
        validation = [self._tokenized(example, settings.page_tokens) for example in data.validation]
        tuned = train(
            self._model,
            epochs_of(self._model, data.training, whole, settings),
            validation,
            settings=settings,
            progress=progress,
            starting_from=starting_from,
            checkpoints=checkpoints,
            workers=workers,
        )
        if workers.rank:
            return TunedLanguageModel(model=tuned, decision=Decision(page_tokens=settings.page_tokens))
        fitted = fitted_decision(
            tuned,
            [example.answer for example in data.training],
            validation,
            [example.answer for example in data.validation],
        )
        decision = replace(fitted.decision, page_tokens=settings.page_tokens)
        return TunedLanguageModel(model=tuned, decision=decision, held_out=fitted.held_out)

    def _pre_trained(
        self,
        data: TrainingData,
        settings: LoraTraining,
        progress: Progress,
        starting_from: Path | None,
        checkpoints: Checkpoints,
        workers: WorkerGroup,
    ) -> TunedLanguageModel:
        sequences = self._sequences(data.training)
        tuned = train(
            self._model,
            lambda _: sequences,
            self._sequences(data.validation),
            settings=settings,
            progress=progress,
            starting_from=starting_from,
            checkpoints=checkpoints,
            workers=workers,
        )
        return TunedLanguageModel(model=tuned, decision=Decision())

    def _sequences(self, examples: Sequence[Example]) -> list[TokenizedExample]:
        return sequences_of(self._model, [example.answer for example in examples])

    def answering(self, tuned: Path | None = None) -> AnsweringLanguageModel:
        """The model that answers with what is in a folder; without one, as it was before training."""
        return AnsweringLanguageModel(self._base, tuned, merged=is_merged(tuned, self._weights))

    def _tokenized(self, example: Example, page_tokens: int) -> TokenizedExample:
        return tokenized(self._model, example, page_tokens=page_tokens)
