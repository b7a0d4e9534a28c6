"""Answering with a sentence encoder: a tuned one by its head, a base one by similarity to labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from burnish.engine.adapters import AdaptedNetwork
from burnish.engine.closed_sets import columns_of, decisions, writes_no_text
from burnish.engine.conversations import Conversation
from burnish.engine.inference_messages import Answer, Choice, Sampling
from burnish.engine.sentence_encoder.chunks import mean_part
from burnish.engine.sentence_encoder.head import load_head
from burnish.engine.sentence_encoder.label_texts import descriptions_of, label_text
from burnish.engine.sentence_encoder.network import SentenceEncoder
from burnish.engine.sentence_encoder.similarity import probabilities_by_similarity
from burnish.engine.writing import Text
from burnish.errors import ModelFailed

#: The adapter's folder in that of a tuned model.
ADAPTER = "adapter"


class AnsweringEncoder:
    """An encoder that decides among the labels of its head; without one, by what labels are called."""

    def __init__(self, network: AdaptedNetwork[SentenceEncoder], tuned: Path | None = None) -> None:
        self._head = load_head(tuned) if tuned else None
        adapter = tuned / ADAPTER if tuned else None
        self._adapter = adapter if adapter and adapter.is_dir() else None
        if self._adapter:
            _add(network, self._adapter)
        self._network = network

    def count_tokens(self, conversation: Conversation) -> int:
        """The number of tokens of the page."""
        with self._network.using(self._adapter) as encoder:
            return sum(map(len, encoder.chunks_of(conversation)))

    def decide(self, conversations: Sequence[Conversation], choice: Choice) -> list[Answer]:
        """One label for each conversation, with the probability of every label.

        Raises `InvalidInput` for a label that a tuned model has not learned.
        """
        columns = columns_of(choice, self._head.labels) if self._head else []
        with self._network.using(self._adapter) as encoder:
            pages = [encoder.chunks_of(conversation) for conversation in conversations]
            if self._head:
                found = self._head.probabilities(encoder.page_vectors(pages))[:, columns]
            else:
                descriptions = descriptions_of(conversations)
                texts = [encoder.chunk_of(label_text(label, descriptions)) for label in choice.labels]
                labels = encoder.vectors_of(texts)[0]
                found = probabilities_by_similarity(mean_part(encoder.page_vectors(pages)), labels)
        return decisions(choice, found, input_tokens=[sum(map(len, page)) for page in pages])

    def begin(
        self,
        conversation: Conversation,
        sampling: Sampling,
        *,
        schema: str | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Text:
        """Nothing: raises `InvalidInput`."""
        raise writes_no_text("Sentence encoders")


def _add(network: AdaptedNetwork[SentenceEncoder], adapter: Path) -> None:
    from safetensors import SafetensorError

    try:
        network.add(adapter)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelFailed(
            f"The adapter in {adapter} is damaged ({error}): put back a copy from a backup that "
            "`burnish backup` has made"
        ) from error
