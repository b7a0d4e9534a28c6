"""Answering with a language model: its adapters, cached prefixes, and decisions made in batches.

The prompts of one task begin alike. What they share stays cached, so that a page costs the tokens of the page
alone.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from msgspec import structs

from burnish.engine.adapters import AdaptedNetwork
from burnish.engine.answer_forms import AnswerForm
from burnish.engine.context_lengths import too_long
from burnish.engine.conversations import Conversation
from burnish.engine.inference_messages import Answer, Choice, Sampling
from burnish.engine.language_model.deciding import candidate_scores
from burnish.engine.language_model.decision import Decision, load_decision
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.page_tokens import fitting_tokens_of_each_page, whole_page_tokens
from burnish.engine.language_model.prefix import shared_length
from burnish.engine.language_model.prefix_tree import MIN_PREFIX, PrefixTree
from burnish.engine.language_model.row_cache import CachedSequence, layers_of
from burnish.engine.language_model.text_batch import TextBatch, TextRequest
from burnish.engine.language_model.trie import trie_of
from burnish.engine.object_forms import ObjectForm
from burnish.engine.writing import Text
from burnish.errors import InvalidInput, ModelFailed

#: Among so many of the latest prompts one is looked for that begins like the next.
RECENT_PROMPTS = 8
#: How many bytes of keys and values are cached, and as many for texts at work: by the size of the weights.
LEAST_CACHE, WEIGHTS_TO_CACHE = 256 * 1024 * 1024, 8


@dataclass(frozen=True, kw_only=True)
class CacheUse:
    """Of the tokens before a cache point: those that had been kept, and those that are kept from now on."""

    read: int = 0
    written: int = 0

    def told_in(self, answer: Answer) -> Answer:
        """The answer, with these numbers."""
        return structs.replace(answer, cache_read_tokens=self.read, cache_write_tokens=self.written)


class SharedBase:
    """What all models of one base share while they answer: its network, cached prefixes, texts at work."""

    def __init__(self, model: LanguageModel) -> None:
        self.network = AdaptedNetwork(model)
        self.prefixes = PrefixTree(bound=bytes_to_cache(model))
        self.texts = TextBatch(self.network, bound=bytes_to_cache(model))


class AnsweringLanguageModel:
    """A base model, or a tuned one. It shares what a base in memory has with all others of it."""

    def __init__(self, base: SharedBase, tuned: Path | None = None, *, merged: bool = False) -> None:
        adapter = None if merged else tuned
        # Before the adapter: where the file is damaged, no adapter without its decision stays loaded.
        self._decision = load_decision(tuned) if tuned else Decision()
        self._is_tuned = tuned is not None
        if adapter:
            base.network.add(adapter)
        self._network, self._prefixes, self._texts = base.network, base.prefixes, base.texts
        self._adapter = adapter
        self._recent: deque[list[int]] = deque(maxlen=RECENT_PROMPTS)

    def count_tokens(self, conversation: Conversation) -> int:
        """The number of tokens of a conversation, which may be more than the model takes."""
        with self._network.using(self._adapter) as model:
            require_within_context(model, conversation.texts)
            return len(model.prompt_tokens(conversation, page_tokens=self._decision.page_tokens))

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def decide(self, conversations: Sequence[Conversation], choice: Choice) -> list[Answer]:
        """One label for each conversation, with the probability of every label.

        Raises `InvalidInput` for labels that have the same tokens, and for text that does not fit into the
        model's context.
        """
        with self._network.using(self._adapter) as model:
            if len(choice.labels) > model.context:  # each has a token that no other has
                raise InvalidInput(f"{len(choice.labels)} labels do not fit into the model's context")
            require_within_context(model, choice.labels)
            form = self._decision.form_for(choice.name)
            trie = trie_of(distinct_answers(model, form, choice.labels))
            prompts = [self._prompt(model, conversation, len(trie.tokens)) for conversation in conversations]
            uses = [
                self._keep(model, conversation, prompt, self._decision.page_tokens)
                for conversation, prompt in zip(conversations, prompts, strict=True)
            ]
            prefix_length, cache = self._shared_prefix(model, prompts)
            scores = candidate_scores(model, prompts, trie, cache, prefix_length).tolist()
        probabilities = [
            self._decision.calibration.probabilities(dict(zip(choice.labels, row, strict=True)))
            for row in scores
        ]
        return [
            use.told_in(decided(choice, len(prompt), found))
            for prompt, found, use in zip(prompts, probabilities, uses, strict=True)
        ]

    def begin(
        self,
        conversation: Conversation,
        sampling: Sampling,
        *,
        schema: str | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Text:
        """Text, token by token; with a ``schema`` only tokens that keep it valid JSON by that schema.

        It is written together with those of all models with this base. Raises `InvalidInput` for a schema
        that cannot be followed.
        """
        form = self._decision.objects or ObjectForm()
        with self._network.using(self._adapter) as model:
            page_tokens = self._page_tokens(model, conversation, sampling) if schema else None
            prompt = self._prompt(model, conversation, 1, page_tokens=page_tokens)
            use = self._keep(model, conversation, prompt, page_tokens or self._decision.page_tokens)
            bound = model.grammars.bound_to(schema, form, start=len(prompt)) if schema else None
        request = TextRequest(
            prompt=prompt,
            run=self._run,
            sampling=sampling,
            adapter=self._adapter,
            bound=bound,
            complete=use.told_in,
            is_cancelled=is_cancelled,
        )
        return self._texts.begin(model, request)

    def _run(self, model: LanguageModel, tokens: Sequence[int]) -> tuple[torch.Tensor, CachedSequence]:
        """Run tokens after what is cached of them."""
        logits, cache = self._prefixes.run(model, self._adapter, tokens)
        return logits, CachedSequence(layers=layers_of(cache), length=len(tokens))

    def _page_tokens(self, model: LanguageModel, conversation: Conversation, sampling: Sampling) -> int:
        """How many tokens of a page an answer of several fields needs."""
        if self._is_tuned:
            return fitting_tokens_of_each_page(
                model, conversation, self._decision.page_tokens, answer=sampling.max_tokens
            )
        # No training has said how much is needed, and a field may stand anywhere.
        return whole_page_tokens(model, conversation, answer=sampling.max_tokens)

    def _prompt(
        self, model: LanguageModel, conversation: Conversation, room: int, *, page_tokens: int | None = None
    ) -> list[int]:
        """The tokens of a conversation. Raises `InputTooLong` where they leave no ``room`` in the context."""
        require_within_context(model, conversation.texts)
        prompt = model.prompt_tokens(conversation, page_tokens=page_tokens or self._decision.page_tokens)
        if len(prompt) + room > model.context:
            raise too_long(f"{len(prompt)} tokens", context=model.context)
        return prompt

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _keep(
        self, model: LanguageModel, conversation: Conversation, prompt: list[int], page_tokens: int
    ) -> CacheUse:
        """Compute and keep what stands before a conversation's cache point, unless that is kept already."""
        wanted = model.tokens_to_keep(conversation, prompt, page_tokens=page_tokens)
        read = self._prefixes.kept(self._adapter, prompt[:wanted])
        if wanted - read < MIN_PREFIX:
            return CacheUse(read=read)
        self._prefixes.run(model, self._adapter, prompt[:wanted])
        return CacheUse(read=read, written=wanted - read)

    def _shared_prefix(self, model: LanguageModel, prompts: Sequence[list[int]]) -> tuple[int, Any]:
        """The length of the prefix that these prompts share, and its cache.

        A prompt alone does not show where its page begins: that tells one of the prompts before.
        """
        shortest = min(map(len, prompts)) - 1
        others = prompts if len(prompts) > 1 else self._recent
        shared = max((shared_length([*prompts, one]) for one in others), default=0)
        self._recent.append(prompts[-1])
        prefix = prompts[0][: min(shared, shortest)]
        length, cache = self._prefixes.longest(self._adapter, prefix)
        if len(prefix) - length >= MIN_PREFIX:
            _, cache = self._prefixes.run(model, self._adapter, prefix)
            length = len(prefix)
        return length, cache


def bytes_to_cache(model: LanguageModel) -> int:
    """How many bytes of keys and values are kept beside a model's weights."""
    weights: int = sum(one.numel() * one.element_size() for one in model.network.parameters())
    return max(LEAST_CACHE, weights // WEIGHTS_TO_CACHE)


def require_within_context(model: LanguageModel, texts: Sequence[str]) -> None:
    """Raise `InputTooLong` for text that is too long even if all of its tokens were the longest.

    Tokenizing megabytes to find that out would take minutes, in which the process answers nobody.
    """
    characters = sum(map(len, texts))
    if characters > model.context * model.longest_token:
        raise too_long(f"{characters} characters", context=model.context)


def distinct_answers(model: LanguageModel, form: AnswerForm, labels: Sequence[str]) -> list[Sequence[int]]:
    """The tokens of each label's answer. Raises `InvalidInput` where two are the same.

    Tokenizers that normalize make one text of ``é`` as one character and as two, for example.
    """
    candidates = {label: model.answer_tokens(form.answer(label)) for label in labels}
    first: dict[tuple[int, ...], str] = {}
    for label, tokens in candidates.items():
        twin = first.setdefault(tuple(tokens), label)
        if twin != label:
            raise InvalidInput(
                f"The labels {twin!a} and {label!a} are the same text to the model's tokenizer: give one of "
                "them another name"
            )
    return list(candidates.values())


def decided(choice: Choice, input_tokens: int, probabilities: dict[str, float]) -> Answer:
    """The most probable label as an answer. Raises `ModelFailed` where the model computes no numbers."""
    if not all(map(math.isfinite, probabilities.values())):
        raise ModelFailed(
            "The model's output is not a number: its weights are damaged, or overflow their format"
        )
    label = max(probabilities, key=lambda name: probabilities[name])
    return Answer(
        text=json.dumps({choice.name: label}, ensure_ascii=False),
        stop_reason="end_turn",
        input_tokens=input_tokens,
        output_tokens=1,
        label=label,
        probabilities=probabilities,
    )
