"""The lower half of a sentence encoder, with its tokenizer: chunks of text in, vectors out.

The upper layers of an encoder that was trained to compare what sentences say forget how they say it, and
with that the type of a document: on scanned pages the vectors of the middle layer tell a third more of the
types than those of the last one (`benchmarks/sentence_encoder.py`), at half of the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from transformers import AutoConfig, AutoModel, AutoTokenizer

from burnish.engine.closed_sets import page_of
from burnish.engine.conversations import Conversation
from burnish.engine.cores import use_free_cores
from burnish.engine.sentence_encoder.chunks import CHUNK_TOKENS, Chunk, chunks_of, page_vector

#: Chunks that go through the network at once, those of like length together.
BATCH = 16


@dataclass(frozen=True, kw_only=True)
class SentenceEncoder:
    """A network and its tokenizer. ``network`` may carry adapters."""

    network: Any
    tokenizer: Any
    device: torch.device

    @cached_property
    def marks(self) -> tuple[Chunk, Chunk]:
        """The special tokens before and after a text."""
        bare = self.tokens_of("a")
        whole = list(self.tokenizer("a").input_ids)
        first = next(place for place in range(len(whole)) if whole[place : place + len(bare)] == bare)
        return tuple(whole[:first]), tuple(whole[first + len(bare) :])

    @cached_property
    def chunk_size(self) -> int:
        """The tokens of a chunk."""
        positions = getattr(self.network.config, "max_position_embeddings", CHUNK_TOKENS + 4)
        # RoBERTa's family counts positions from the number of its padding token: two of them are lost.
        return min(CHUNK_TOKENS, positions - 2 - sum(map(len, self.marks)))

    def tokens_of(self, text: str) -> list[int]:
        """The tokens of a text, without the marks around them."""
        return list(self.tokenizer(text, add_special_tokens=False, verbose=False).input_ids)

    def chunks_of(self, conversation: Conversation) -> list[Chunk]:
        """The chunks of the page that a conversation is about."""
        return chunks_of(self.tokens_of(page_of(conversation).text), self.chunk_size)

    def chunk_of(self, text: str) -> Chunk:
        """The first chunk of a text."""
        return tuple(self.tokens_of(text)[: self.chunk_size])

    def embedded(self, chunks: Sequence[Chunk]) -> tuple[torch.Tensor, torch.Tensor]:
        """Means and peaks over the tokens of each chunk of a batch, (chunks, width) each."""
        before, after = self.marks
        batch = self.tokenizer.pad(
            {"input_ids": [[*before, *chunk, *after] for chunk in chunks]}, return_tensors="pt"
        ).to(self.device)
        tokens, mask = batch["input_ids"], batch["attention_mask"]
        states = self.network(input_ids=tokens, attention_mask=mask).last_hidden_state.float()
        real = mask[..., None]
        means = (states * real).sum(dim=1) / real.sum(dim=1)
        return means, states.masked_fill(real == 0, -torch.inf).amax(dim=1)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def vectors_of(self, chunks: Sequence[Chunk]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Means and peaks of any number of chunks, (chunks, width) each."""
        order = sorted(range(len(chunks)), key=lambda place: len(chunks[place]))
        found = [
            self.embedded([chunks[place] for place in order[start : start + BATCH]])
            for start in range(0, len(order), BATCH)
        ]
        back = np.argsort(order)
        means, peaks = (torch.cat(one).cpu().numpy()[back] for one in zip(*found, strict=True))
        return means, peaks

    def page_vectors(self, pages: Sequence[Sequence[Chunk]]) -> NDArray[np.float64]:
        """The vectors of pages that are given by their chunks, (pages, four times the width)."""
        means, peaks = self.vectors_of([chunk for page in pages for chunk in page])
        ends = np.cumsum([len(page) for page in pages])[:-1]
        parts = zip(np.split(means, ends), np.split(peaks, ends), strict=True)
        return np.stack([page_vector(*part) for part in parts]).astype(float)


@contextmanager
def _errors_alone() -> Iterator[None]:
    """Keep transformers from warning, for a page, of the upper layers that are in the file and not used."""
    level = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers.logging.set_verbosity(level)


def load_sentence_encoder(weights: Path) -> SentenceEncoder:
    """The lower half of the encoder in a folder of weights, on the accelerator where there is one."""
    use_free_cores()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    config = AutoConfig.from_pretrained(weights, local_files_only=True)
    layers = max(1, config.num_hidden_layers // 2)
    with _errors_alone():
        network = AutoModel.from_pretrained(
            weights, num_hidden_layers=layers, dtype=torch.float32, local_files_only=True
        )
    # Frozen for good: adapters bring weights of their own.
    network.requires_grad_(requires_grad=False)
    tokenizer = AutoTokenizer.from_pretrained(weights, local_files_only=True)
    return SentenceEncoder(network=network.to(device).eval(), tokenizer=tokenizer, device=device)
