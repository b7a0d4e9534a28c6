"""Answering with a sentence encoder: a tuned one by its head, a base one by similarity to labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from burnish.engine.adapters import AdaptedNetwork
from burnish.engine.closed_sets import columns_of, decided
from burnish.engine.conversations import Conversation
from burnish.engine.inference_messages import Answer, Choice, Sampling
from burnish.engine.sentence_encoder.chunks import Chunk
from burnish.engine.sentence_encoder.head import load_head
from burnish.engine.sentence_encoder.label_texts import descriptions_of, label_text
from burnish.engine.sentence_encoder.network import SentenceEncoder
from burnish.errors import InvalidInput, ModelFailed

#: The adapter's folder in that of a tuned model.
ADAPTER = "adapter"
#: What similarities of pages and labels are divided by. Before any training there is nothing to fit it to.
UNTUNED_TEMPERATURE = 0.05


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
                found = _by_similarity(encoder, pages, texts)
        shares = found / found.sum(axis=1, keepdims=True)
        return [
            decided(
                choice,
                dict(zip(choice.labels, map(float, row), strict=True)),
                input_tokens=sum(map(len, page)),
            )
            for page, row in zip(pages, shares, strict=True)
        ]

    def generate(
        self,
        conversation: Conversation,
        sampling: Sampling,
        *,
        schema: str | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Answer:
        """Nothing: raises `InvalidInput`."""
        raise InvalidInput(
            "Sentence encoders write no text: name the labels in outputConfig, as a JSON schema with one enum"
        )


def _add(network: AdaptedNetwork[SentenceEncoder], adapter: Path) -> None:
    from safetensors import SafetensorError

    try:
        network.add(adapter)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelFailed(
            f"The adapter in {adapter} is damaged ({error}): put back a copy from a backup that "
            "`burnish backup` has made"
        ) from error


def _by_similarity(
    encoder: SentenceEncoder, pages: Sequence[Sequence[Chunk]], label_texts: Sequence[Chunk]
) -> NDArray[np.float64]:
    """The probabilities of labels before any training, (pages, labels)."""
    labels = _unit(encoder.vectors_of(label_texts)[0])
    by_page = [_unit(encoder.vectors_of(page)[0].mean(axis=0)) for page in pages]
    return np.asarray(softmax(np.stack(by_page) @ labels.T / UNTUNED_TEMPERATURE, axis=1))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
