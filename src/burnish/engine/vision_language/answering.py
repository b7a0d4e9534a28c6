"""Answering with a vision-language model: labels by likelihood, and text as its processor frames it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from burnish.engine.adapters import AdaptedNetwork
from burnish.engine.conversations import Conversation
from burnish.engine.inference_messages import Answer, Choice, Sampling
from burnish.engine.language_model.answering import (
    bytes_to_cache,
    decided,
    distinct_answers,
    require_within_context,
)
from burnish.engine.language_model.decision import Decision, load_decision
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.row_cache import CachedSequence, layers_of
from burnish.engine.language_model.text_batch import TextBatch, TextRequest
from burnish.engine.language_model.trie import Trie, trie_of
from burnish.engine.object_forms import ObjectForm
from burnish.engine.tool_texts import with_tools_as_text
from burnish.engine.vision_language.prefill import prefilled
from burnish.engine.vision_language.prompts import PagePrompt, PagePrompts
from burnish.engine.vision_language.training import candidate_scores
from burnish.engine.writing import Text


class SharedVisionBase:
    """What all models of one base share while they answer: its network, its processor, texts at work."""

    def __init__(self, model: LanguageModel, prompts: PagePrompts) -> None:
        self.network = AdaptedNetwork(model)
        self.prompts = prompts
        self.texts = TextBatch(self.network, bound=bytes_to_cache(model))


class AnsweringVisionLanguageModel:
    """A base model, or a tuned one. It shares what a base in memory has with all others of it."""

    def __init__(self, base: SharedVisionBase, tuned: Path | None = None, *, merged: bool = False) -> None:
        adapter = None if merged else tuned
        # Before the adapter: where the file is damaged, no adapter without its decision stays loaded.
        self._decision = load_decision(tuned) if tuned else Decision()
        if adapter:
            base.network.add(adapter)
        self._network, self._prompts, self._texts = base.network, base.prompts, base.texts
        self._adapter = adapter

    def count_tokens(self, conversation: Conversation) -> int:
        """The number of tokens of a conversation, those of its pages included. Raises `InvalidInput`."""
        with self._network.using(self._adapter) as model:
            return len(self._prompt(model, conversation, room=0))

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def decide(self, conversations: Sequence[Conversation], choice: Choice) -> list[Answer]:
        """One label for each conversation, with the probability of every label.

        Raises `InvalidInput` for labels that have the same tokens, and for what does not fit into the
        model's context.
        """
        with self._network.using(self._adapter) as model:
            require_within_context(model, choice.labels)
            trie = trie_of(distinct_answers(model, self._decision.form_for(choice.name), choice.labels))
            return [self._decided(model, conversation, choice, trie) for conversation in conversations]

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
            prompt = self._prompt(model, conversation, room=1)
            bound = model.grammars.bound_to(schema, form, start=len(prompt)) if schema else None
        request = TextRequest(
            prompt=prompt.tokens[0].tolist(),
            run=partial(_run, prompt),
            sampling=sampling,
            adapter=self._adapter,
            bound=bound,
            is_cancelled=is_cancelled,
        )
        return self._texts.begin(model, request)

    def _decided(
        self, model: LanguageModel, conversation: Conversation, choice: Choice, trie: Trie
    ) -> Answer:
        prompt = self._prompt(model, conversation, room=max(map(len, trie.paths)))
        scores = candidate_scores(model, prompt, trie).tolist()
        found = self._decision.calibration.probabilities(dict(zip(choice.labels, scores, strict=True)))
        return decided(choice, len(prompt), found)

    def _prompt(self, model: LanguageModel, conversation: Conversation, *, room: int) -> PagePrompt:
        require_within_context(model, conversation.texts)
        return self._prompts.prompt(model, with_tools_as_text(conversation), room=room)


def _run(
    prompt: PagePrompt, model: LanguageModel, tokens: Sequence[int]
) -> tuple[torch.Tensor, CachedSequence]:
    """Run a prompt, and what follows it among these tokens."""
    read = prefilled(model, prompt, tokens[len(prompt) :])
    shift = read.position - read.length
    return read.logits, CachedSequence(layers=layers_of(read.cache), length=read.length, shift=shift)
