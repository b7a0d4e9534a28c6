"""A vision-language model as a model that can be tuned: it sees pages, and its language part learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from burnish.engine.adapters import is_merged
from burnish.engine.checkpoints import NO_CHECKPOINTS, Checkpoints
from burnish.engine.conversations import Example, TrainingData
from burnish.engine.language_model.calibrating import decision_fitted_on
from burnish.engine.language_model.decision import Decision, save_decision
from burnish.engine.language_model.defaults import chosen_training
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.training import (
    LoraTraining,
    optimize,
    save_adapter,
    with_any_adapter,
)
from burnish.engine.language_model.trie import trie_of
from burnish.engine.pages import Reading
from burnish.engine.tunable_model import ExampleProblem, HeldOutAnswers, Progress
from burnish.engine.vision_language.answering import AnsweringVisionLanguageModel, SharedVisionBase
from burnish.engine.vision_language.network import load_vision_language_model
from burnish.engine.vision_language.prompts import PagePrompts
from burnish.engine.vision_language.training import (
    PageExample,
    PageStep,
    PromptCache,
    candidate_scores,
)
from burnish.engine.worker_group import ALONE, WorkerGroup
from burnish.errors import InvalidInput

READING = Reading(text=None, image=True)


@dataclass(frozen=True, kw_only=True)
class TunedVisionLanguageModel:
    """A trained adapter in its network, and how its answers are decided."""

    model: LanguageModel
    decision: Decision
    held_out: HeldOutAnswers = field(default_factory=HeldOutAnswers)
    reading: Reading = READING

    def save(self, folder: Path) -> None:
        """Write the adapter and the decision into a folder. Raises `DiskFull`."""
        save_adapter(self.model, folder)
        save_decision(self.decision, folder)


class TunableVisionLanguageModel:
    """The vision-language model in a folder of weights."""

    def __init__(self, weights: Path) -> None:
        self._weights = weights
        self._model, processor = load_vision_language_model(weights)
        self._prompts = PagePrompts(processor)
        self._base = SharedVisionBase(self._model, self._prompts)

    def reading_for(self, hyperparameters: Mapping[str, str]) -> Reading:
        """The image of each page."""
        return READING

    def settings(self, hyperparameters: Mapping[str, str], data: TrainingData) -> LoraTraining:
        """How the adapter is trained, with what is left open chosen. There are no lines to drop or to cut."""
        settings = chosen_training(
            {**hyperparameters, "lineDropout": "0"},
            examples=len(data.training),
            parameters=self._model.network.num_parameters(),
        )
        return replace(settings, page_tokens=0)

    def problems(self, examples: Sequence[Example]) -> list[ExampleProblem]:
        """The examples that do not fit into the model's context, however small their pages."""
        problems = []
        for index, example in enumerate(map(self._example, examples)):
            try:
                self._prompts.prompt(self._model, example.conversation, room=len(example.answer))
            except InvalidInput as error:
                problems.append(ExampleProblem(index=index, problem=str(error)))
        return problems

    def train(
        self,
        data: TrainingData,
        settings: LoraTraining,
        *,
        progress: Progress,
        starting_from: Path | None = None,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
        workers: WorkerGroup = ALONE,
    ) -> TunedVisionLanguageModel:
        """The model with an adapter trained on the data, calibrated on the validation examples."""
        training, validation = (list(map(self._example, some)) for some in (data.training, data.validation))
        tuned = with_any_adapter(self._model, settings, starting_from)
        prompts = PromptCache(tuned, self._prompts)
        optimize(
            tuned.network,
            lambda _: training,
            validation,
            step=PageStep(tuned, prompts),
            settings=settings,
            progress=progress,
            checkpoints=checkpoints,
            workers=workers,
        )
        if workers.rank:  # the first one has the model calibrated
            return TunedVisionLanguageModel(model=tuned, decision=Decision())

        def scores_of(candidates: Sequence[str]) -> np.ndarray:
            trie = trie_of([tuned.answer_tokens(candidate) for candidate in candidates])
            rows = [candidate_scores(tuned, prompts.prompt(one), trie).tolist() for one in validation]
            return np.array(rows)

        fitted = decision_fitted_on(
            scores_of,
            [example.answer for example in data.training],
            [example.answer for example in data.validation],
        )
        return TunedVisionLanguageModel(model=tuned, decision=fitted.decision, held_out=fitted.held_out)

    def answering(self, tuned: Path | None = None) -> AnsweringVisionLanguageModel:
        """The model that answers with what is in a folder; without one, as it was before training."""
        merged = is_merged(tuned, self._weights)
        return AnsweringVisionLanguageModel(self._base, tuned, merged=merged)

    def _example(self, example: Example) -> PageExample:
        answer = tuple(self._model.answer_tokens(example.answer))
        return PageExample(conversation=example.conversation, answer=answer)
