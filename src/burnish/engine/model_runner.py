"""Loaded models of every kind, each loaded when it is first asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from burnish.engine.conversations import Conversation
from burnish.engine.inference_messages import Answer, Choice, ModelPlace, Sampling
from burnish.engine.kinds import BaseModels, loaded
from burnish.engine.tunable_model import AnsweringModel
from burnish.engine.typicality import saved_typical_pages, with_typicality
from burnish.page_features.typicality import TypicalPages


class ModelRunner:
    """Asks loaded models. A base model is in memory once, whatever number was tuned from it."""

    def __init__(self) -> None:
        self._bases: BaseModels = {}
        self._models: dict[ModelPlace, AnsweringModel] = {}
        self._typical: dict[ModelPlace, TypicalPages | None] = {}

    def load(self, place: ModelPlace) -> None:
        """Load a model, unless it is loaded."""
        self._model(place)

    def count_tokens(self, place: ModelPlace, conversation: Conversation) -> Answer:
        """The number of tokens that a model is given for a conversation, which may be more than it takes."""
        count = self._model(place).count_tokens(conversation)
        return Answer(text="", stop_reason="counted", input_tokens=count, output_tokens=0)

    def decide(
        self, place: ModelPlace, conversations: Sequence[Conversation], choice: Choice
    ) -> list[Answer]:
        """One label for each conversation, with the probability of every label. Raises `InvalidInput`.

        A tuned model tells also how typical the pages are of those that it was trained on.
        """
        answers = self._model(place).decide(conversations, choice)
        return with_typicality(self._typical[place], conversations, answers)

    def generate(
        self,
        place: ModelPlace,
        conversation: Conversation,
        sampling: Sampling,
        *,
        schema: str | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Answer:
        """Text; with a ``schema`` JSON that is valid by it.

        Raises `InvalidInput`, and `Cancelled` once ``is_cancelled`` is true.
        """
        return self._model(place).generate(conversation, sampling, schema=schema, is_cancelled=is_cancelled)

    def _model(self, place: ModelPlace) -> AnsweringModel:
        if place not in self._models:
            self._typical[place] = saved_typical_pages(place.tuned)
            self._models[place] = loaded(place.weights, self._bases).answering(place.tuned)
        return self._models[place]
