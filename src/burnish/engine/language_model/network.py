"""A causal language model with its tokenizer: conversations in, tokens and hidden states out."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, AutoConfig, AutoModelForCausalLM, AutoTokenizer

from burnish.engine.conversations import Conversation, Turn
from burnish.engine.cores import use_free_cores
from burnish.engine.language_model.architecture import context_of, other_layers
from burnish.engine.language_model.chat_template import (
    TURN_END,
    functions_of,
    messages_of,
    special_tokens,
    takes_system,
    takes_tools,
    with_chat_template,
    with_system,
)
from burnish.engine.language_model.dtypes import dtype_for
from burnish.engine.language_model.grammars import Grammars
from burnish.engine.language_model.packed_attention import attending_by_segments
from burnish.engine.language_model.prefix import shared_length
from burnish.engine.language_model.probes import continues_prefixes, follows_trees, packs_rows
from burnish.engine.tool_texts import cleaned, with_tools_as_text
from burnish.errors import ModelFailed

#: How many tokens of a page's text a model is given that was trained for no other number (`page_tokens`).
PAGE_TOKENS = 128


@dataclass(frozen=True, kw_only=True)
class LanguageModel:
    """A network and its tokenizer. ``network`` may carry adapters; ``backbone`` reaches inside."""

    network: Any
    tokenizer: Any
    device: torch.device

    @property
    def backbone(self) -> Any:
        """The transformer without its vocabulary head: tokens to hidden states."""
        return self.causal.get_decoder()

    @property
    def causal(self) -> Any:
        """The network without what carries its adapters, which stay in it."""
        inner = getattr(self.network, "get_base_model", None)
        return inner() if inner else self.network

    @cached_property
    def follows_trees(self) -> bool:
        """Whether candidate answers can be run as a tree of tokens, in one pass."""
        return bool(follows_trees(self.backbone))

    @cached_property
    def packs(self) -> bool:
        """Whether prompts are packed into rows that attend segment by segment: on processors, if possible."""
        return self.device.type == "cpu" and bool(packs_rows(self.backbone.config, masked=False))

    def attending(self) -> AbstractContextManager[object]:
        """Let one row at a time attend as is fastest here, whether or not it is a packed one."""
        return attending_by_segments(self.backbone) if self.packs else nullcontext()

    def logits_at(self, rows: torch.Tensor, columns: torch.Tensor, **inputs: Any) -> torch.Tensor:
        """The logits at some positions of a batch, (*positions, vocabulary); indices are broadcast.

        Vocabularies are large: logits of all positions would cost much time and memory for nothing. So the
        other hidden states are left out before the head, in a pass of the whole network: only its own code
        knows what follows the backbone (Gemma 2 caps its logits, Granite and Cohere scale them).
        """
        shape = torch.broadcast_shapes(rows.shape, columns.shape)

        def selected(_module: object, _arguments: object, output: Any) -> Any:
            states = output.last_hidden_state[rows, columns]
            output.last_hidden_state = states.reshape(1, -1, states.shape[-1])
            return output

        hook = self.backbone.register_forward_hook(selected)
        try:
            logits = self.causal(**self._known(inputs)).logits
        finally:
            hook.remove()
        return logits.reshape(*shape, logits.shape[-1])

    def log_probabilities_at(self, rows: torch.Tensor, columns: torch.Tensor, **inputs: Any) -> torch.Tensor:
        """The logarithms of the probabilities of the next token at some positions, as `logits_at`."""
        # In float32: in the 8 significant bits of bfloat16, labels of similar probability come out equal.
        return self.logits_at(rows, columns, **inputs).float().log_softmax(dim=-1)

    def next_logits(self, **inputs: Any) -> torch.Tensor:
        """The logits after the last token of each row, (rows, vocabulary)."""
        logits: torch.Tensor = self.network(**self._known(inputs)).logits[:, -1]
        return logits

    def _known(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The inputs without positions where the architecture counts them itself, by the mask."""
        known = inspect.signature(self.causal.forward).parameters
        return {name: value for name, value in inputs.items() if name != "position_ids" or name in known}

    @property
    def context(self) -> int:
        """The length of the model's context, in tokens."""
        return context_of(self.causal.config, self.tokenizer)

    @cached_property
    def longest_token(self) -> int:
        """The length of the vocabulary's longest token, in characters."""
        return max(len(token) for token in self.tokenizer.get_vocab())

    @cached_property
    def grammars(self) -> Grammars:
        """What binds answers to schemas: made of the tokenizer, which takes a second, where first asked."""
        return Grammars(self.tokenizer)

    def prompt_tokens(self, conversation: Conversation, *, page_tokens: int = PAGE_TOKENS) -> list[int]:
        """The tokens of a conversation, up to where the assistant's turn begins; of each page so many.

        Where the last turn is the assistant's, up to where its text ends.
        """
        shown = cleaned(conversation, self._harmless)
        shown = shown if shown.tools and self._knows_tools else with_tools_as_text(shown)
        messages = messages_of(shown, lambda turn: self._content(turn, page_tokens))
        text = self.tokenizer.apply_chat_template(
            with_system(shown.system, messages, of_its_own=self._takes_system),
            tools=functions_of(shown.tools),
            tokenize=False,
            add_generation_prompt=not shown.is_continued,
            continue_final_message=shown.is_continued,
        )
        # The template has written the special tokens; the tokenizer would put its own before them once more.
        return list(self.tokenizer(text, add_special_tokens=False).input_ids)

    def tokens_to_keep(self, conversation: Conversation, prompt: Sequence[int], *, page_tokens: int) -> int:
        """How many tokens of its prompt stand before a conversation's cache point; 0 where it has none."""
        begun = conversation.to_keep
        if begun is None:
            return 0
        if not begun.turns:
            begun = replace(begun, turns=(Turn(role="user"),))
        return shared_length([prompt, self.prompt_tokens(begun, page_tokens=page_tokens)])

    @cached_property
    def _knows_tools(self) -> bool:
        return takes_tools(self.tokenizer)

    @cached_property
    def _takes_system(self) -> bool:
        return takes_system(self.tokenizer)

    @cached_property
    def _special_tokens(self) -> list[str]:
        return special_tokens(self.tokenizer)

    def answer_tokens(self, answer: str) -> list[int]:
        """The tokens of an answer, with what ends a turn."""
        return [*self.tokenizer(answer, add_special_tokens=False).input_ids, *self._turn_end]

    @cached_property
    def _turn_end(self) -> list[int]:
        end = self.tokenizer.eos_token_id
        return (
            [end] if end is not None else list(self.tokenizer(TURN_END, add_special_tokens=False).input_ids)
        )

    @cached_property
    def end_tokens(self) -> list[int]:
        """The tokens of which each ends a turn; none where a turn ends with `TURN_END`."""
        named = self.causal.generation_config.eos_token_id
        named = named if isinstance(named, list) else [named]
        return [*{one: None for one in (self.tokenizer.eos_token_id, *named) if one is not None}]

    def _content(self, turn: Turn, page_tokens: int) -> str:
        pages = [
            f"\n\nThe text of the page:\n{self._shortened(page.text, page_tokens)}" for page in turn.pages
        ]
        return self._harmless(turn.text) + "".join(pages)

    def _harmless(self, text: str) -> str:
        """The text without special tokens: with them a page could end its turn and speak as the assistant."""
        for mark in self._special_tokens:
            text = text.replace(mark, " ")
        return text

    def _shortened(self, page: str, count: int) -> str:
        page = self._harmless(page)
        tokens = self.tokenizer(page, add_special_tokens=False).input_ids
        return page if len(tokens) <= count else str(self.tokenizer.decode(tokens[:count]))


def load_language_model(weights: Path) -> LanguageModel:
    """The model in a folder of weights, in evaluation mode, on the accelerator where there is one.

    Raises `ModelFailed` for an architecture that cannot be trained and asked here.
    """
    use_free_cores()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = _causal_network(weights, device).to(device).eval()
    # Frozen for good: adapters bring weights of their own, and `PrefixRunner` caches what frozen blocks give.
    network.requires_grad_(requires_grad=False)
    require_cache(network)
    tokenizer = with_chat_template(AutoTokenizer.from_pretrained(weights, local_files_only=True))
    return LanguageModel(network=network, tokenizer=tokenizer, device=device)


def _causal_network(weights: Path, device: torch.device) -> Any:
    """The network, with scaled dot-product attention, or the eager one where it has no other.

    Both take the mask of a trie, which is of our own making; flash attention knows only causal ones. And
    nothing is fetched here: what `weights` has put there was verified.
    """
    config = AutoConfig.from_pretrained(weights, local_files_only=True)
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise unfit(", ".join(config.architectures or [config.model_type]), "is no causal language model")
    network, found = AutoModelForCausalLM.from_pretrained(
        weights, dtype=dtype_for(weights, device), local_files_only=True, output_loading_info=True
    )
    require_all_tensors(found)
    if hasattr(network.config, "output_router_logits"):  # a loss of the experts, which nothing here learns by
        network.config.output_router_logits = False
    return network


def require_cache(network: Any) -> None:
    """Raise `ModelFailed` for an architecture without a plain cache of the keys and values of every token."""
    name = type(network).__name__
    if other := other_layers(network):
        raise unfit(name, f"has layers of the kind {', '.join(other)}")
    if not continues_prefixes(network.get_decoder()):
        raise unfit(name, "does not go on after a cached prefix as it does without a cache")


def require_all_tensors(found: Mapping[str, Any]) -> None:
    """Raise `ModelFailed` where tensors are missing, by what transformers tells of loading a network.

    It would go on with random numbers in their place.
    """
    if missing := sorted(found["missing_keys"]):
        raise ModelFailed(
            f"{len(missing)} tensors are missing in the weights, such as {missing[0]}: name a folder that "
            "has all files of the model"
        )


def unfit(architecture: str, reason: str) -> ModelFailed:
    """The error for an architecture that cannot be trained and asked here."""
    return ModelFailed(
        f"{architecture} {reason}. Models are trained and asked here with a cache of the keys and values of "
        "every token: choose an architecture that has one, such as Llama, Qwen or Gemma"
    )
