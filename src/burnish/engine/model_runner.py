"""Asking models of every kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from burnish.engine.conversations import Conversation
from burnish.engine.inference_messages import Answer, Choice, ModelPlace, Sampling
from burnish.engine.loaded_models import LoadedModels
from burnish.engine.typicality import with_typicality
from burnish.engine.writing import Text


class ModelRunner:
    """Asks models, each of which is loaded when it is first asked."""

    def __init__(self, models: LoadedModels | None = None) -> None:
        self._models = models or LoadedModels()

    def unload_idle(self) -> None:
        """Unload the models that nobody has asked for too long."""
        self._models.unload_idle()

    def load(self, place: ModelPlace) -> None:
        """Load a model, unless it is loaded."""
        self._models.model(place)

    def count_tokens(self, place: ModelPlace, conversation: Conversation) -> Answer:
        """The number of tokens that a model is given for a conversation, which may be more than it takes."""
        count = self._models.model(place).answering.count_tokens(conversation)
        return Answer(text="", stop_reason="counted", input_tokens=count, output_tokens=0)

    def decide(
        self, place: ModelPlace, conversations: Sequence[Conversation], choice: Choice
    ) -> list[Answer]:
        """One label for each conversation, with the probability of every label. Raises `InvalidInput`.

        A tuned model tells also how typical the pages are of those that it was trained on.
        """
        model = self._models.model(place)
        answers = model.answering.decide(conversations, choice)
        return with_typicality(model.typical, conversations, answers)

    def begin(
        self,
        place: ModelPlace,
        conversation: Conversation,
        sampling: Sampling,
        *,
        schema: str | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Text:
        """A text that is begun; with a ``schema`` JSON that is valid by it. Raises `InvalidInput`."""
        return self._models.model(place).answering.begin(
            conversation, sampling, schema=schema, is_cancelled=is_cancelled
        )
