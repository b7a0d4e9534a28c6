"""A causal language model as a model that can be tuned: an adapter is trained, and answers are decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from burnish.engine.adapters import AdaptedNetwork
from burnish.engine.conversations import Example, TrainingData
from burnish.engine.language_model.answering import AnsweringLanguageModel
from burnish.engine.language_model.calibrating import fitted_decision
from burnish.engine.language_model.decision import Decision, save_decision
from burnish.engine.language_model.examples import epochs_of, tokenized
from burnish.engine.language_model.hyperparameters import lora_training
from burnish.engine.language_model.network import LanguageModel, load_language_model
from burnish.engine.language_model.training import LoraTraining, TokenizedExample, save_adapter, train
from burnish.engine.pages import Reading
from burnish.engine.tunable_model import ExampleProblem, HeldOutAnswers, Progress

READING = Reading()


@dataclass(frozen=True, kw_only=True)
class TunedLanguageModel:
    """A trained adapter in its network, and how its answers are decided."""

    model: LanguageModel
    decision: Decision
    held_out: HeldOutAnswers = field(default_factory=HeldOutAnswers)
    reading: Reading = READING

    def save(self, folder: Path) -> None:
        """Write the adapter and the decision into a folder. Raises `DiskFull`."""
        save_adapter(self.model, folder)
        save_decision(self.decision, folder)


class TunableLanguageModel:
    """The language model in a folder of weights."""

    def __init__(self, weights: Path) -> None:
        self._model = load_language_model(weights)
        self._network = AdaptedNetwork(self._model)

    def reading_for(self, hyperparameters: Mapping[str, str]) -> Reading:
        """The text of each page."""
        return READING

    def settings(self, hyperparameters: Mapping[str, str], data: TrainingData) -> LoraTraining:
        """How the adapter is trained."""
        return lora_training(hyperparameters)

    def problems(self, examples: Sequence[Example]) -> list[ExampleProblem]:
        """The examples that are longer than the model's context."""
        sizes = [len(one.prompt) + len(one.answer) for one in map(self._tokenized, examples)]
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
    ) -> TunedLanguageModel:
        """The model with an adapter trained on the data, calibrated on the validation examples."""
        whole = [self._tokenized(example) for example in data.training]
        validation = [self._tokenized(example) for example in data.validation]
        tuned = train(
            self._model,
            epochs_of(self._model, data.training, whole, settings),
            validation,
            settings=settings,
            progress=progress,
            starting_from=starting_from,
        )
        fitted = fitted_decision(
            tuned,
            [example.answer for example in data.training],
            validation,
            [example.answer for example in data.validation],
        )
        return TunedLanguageModel(model=tuned, decision=fitted.decision, held_out=fitted.held_out)

    def answering(self, tuned: Path | None = None) -> AnsweringLanguageModel:
        """The model that answers with the adapter in a folder; without one, as it was before training."""
        return AnsweringLanguageModel(self._network, tuned)

    def _tokenized(self, example: Example) -> TokenizedExample:
        return tokenized(self._model, example)
