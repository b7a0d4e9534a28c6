"""A causal language model with its tokenizer: conversations in, tokens and hidden states out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from burnish.engine.conversations import Conversation, Turn
from burnish.engine.language_model.dtypes import dtype_for
from burnish.engine.language_model.grammars import Grammars

#: How many tokens of a page's text a model is given. They cost time in every step, and a page's type mostly
#: shows in its first lines: with fewer tokens, more steps fit into the same time.
PAGE_TOKENS = 128


@dataclass(frozen=True, kw_only=True)
class LanguageModel:
    """A network and its tokenizer. ``network`` may carry adapters; ``backbone`` and ``head`` reach inside."""

    network: Any
    tokenizer: Any
    device: torch.device

    @property
    def backbone(self) -> Any:
        """The transformer without its vocabulary head: tokens to hidden states."""
        return self._causal.model

    @property
    def head(self) -> Any:
        """The vocabulary head: hidden states to logits."""
        return self._causal.lm_head

    @property
    def _causal(self) -> Any:
        inner = getattr(self.network, "get_base_model", None)
        return inner() if inner else self.network

    @property
    def context(self) -> int:
        """The length of the model's context, in tokens."""
        return int(self._causal.config.max_position_embeddings)

    @cached_property
    def longest_token(self) -> int:
        """The length of the vocabulary's longest token, in characters."""
        return max(len(token) for token in self.tokenizer.get_vocab())

    @cached_property
    def grammars(self) -> Grammars:
        """What binds answers to schemas: made of the tokenizer, which takes a second, where first asked."""
        return Grammars(self.tokenizer)

    def prompt_tokens(self, conversation: Conversation) -> list[int]:
        """The tokens of a conversation, up to where the assistant's turn begins."""
        messages = [{"role": "system", "content": conversation.system}] if conversation.system else []
        messages += [{"role": turn.role, "content": self._content(turn)} for turn in conversation.turns]
        text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        # The template has written the special tokens; the tokenizer would put its own before them once more.
        return list(self.tokenizer(text, add_special_tokens=False).input_ids)

    def answer_tokens(self, answer: str) -> list[int]:
        """The tokens of an answer, with the one that ends a turn."""
        return [*self.tokenizer(answer, add_special_tokens=False).input_ids, self.tokenizer.eos_token_id]

    def _content(self, turn: Turn) -> str:
        pages = [f"\n\nThe text of the page:\n{self._shortened(page.text)}" for page in turn.pages]
        return self._harmless(turn.text) + "".join(pages)

    def _harmless(self, text: str) -> str:
        """The text without special tokens: with them a page could end its turn and speak as the assistant."""
        for mark in self.tokenizer.all_special_tokens:
            text = text.replace(mark, " ")
        return text

    def _shortened(self, page: str) -> str:
        page = self._harmless(page)
        tokens = self.tokenizer(page, add_special_tokens=False).input_ids
        return page if len(tokens) <= PAGE_TOKENS else str(self.tokenizer.decode(tokens[:PAGE_TOKENS]))


def load_language_model(weights: Path) -> LanguageModel:
    """The model in a folder of weights, in evaluation mode, on the accelerator where there is one."""
    use_free_cores()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # `sdpa` takes the mask of a trie, which is of our own making; flash attention knows only causal ones. And
    # nothing is fetched here: what `weights` has put there was verified.
    network = AutoModelForCausalLM.from_pretrained(
        weights, dtype=dtype_for(weights, device), attn_implementation="sdpa", local_files_only=True
    )
    # Frozen for good: adapters bring weights of their own, and `PrefixRunner` caches what frozen layers give.
    network.requires_grad_(requires_grad=False)
    tokenizer = AutoTokenizer.from_pretrained(weights, local_files_only=True)
    return LanguageModel(network=network.to(device).eval(), tokenizer=tokenizer, device=device)


def use_free_cores() -> None:
    """Let torch use all cores that this process may run on."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(available)
