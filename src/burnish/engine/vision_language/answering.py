"""Answering with a vision-language model: labels by likelihood, and text as its processor frames it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from msgspec import structs
from transformers import LogitsProcessorList, StoppingCriteriaList

from burnish.engine.adapters import AdaptedNetwork
from burnish.engine.conversations import Conversation
from burnish.engine.inference_messages import Answer, Choice, Sampling
from burnish.engine.language_model.answering import (
    StopOrCancel,
    decided,
    distinct_answers,
    generated,
    generation_options,
    require_within_context,
    texts_of,
)
from burnish.engine.language_model.decision import Decision, load_decision
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.trie import Trie, trie_of
from burnish.engine.object_forms import ObjectForm
from burnish.engine.vision_language.prompts import PagePrompt, PagePrompts
from burnish.engine.vision_language.training import candidate_scores


class AnsweringVisionLanguageModel:
    """A base model, or one with an adapter."""

    def __init__(
        self, network: AdaptedNetwork[LanguageModel], prompts: PagePrompts, adapter: Path | None = None
    ) -> None:
        # Before the adapter: where the file is damaged, no adapter without its decision stays loaded.
        self._decision = load_decision(adapter) if adapter else Decision()
        if adapter:
            network.add(adapter)
        self._network = network
        self._prompts = prompts
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

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def generate(
        self,
        conversation: Conversation,
        sampling: Sampling,
        *,
        schema: str | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Answer:
        """Text, token by token; with a ``schema`` only tokens that keep it valid JSON by that schema.

        Raises `Cancelled` at the next token once ``is_cancelled`` is true, and `InvalidInput` for a schema
        that cannot be followed.
        """
        form = self._decision.objects or ObjectForm()
        with self._network.using(self._adapter) as model:
            prompt = self._prompt(model, conversation, room=1)
            length = len(prompt)
            bound = model.grammars.bound_to(schema, form, start=length) if schema else None
            output = model.causal.generate(
                **prompt.inputs(),
                stopping_criteria=StoppingCriteriaList(
                    [StopOrCancel(model, sampling.stop, start=length, is_cancelled=is_cancelled)]
                ),
                logits_processor=LogitsProcessorList([bound] if bound else []),
                **generation_options(model, sampling, room=model.context - length),
            )
        answer = generated(model, length, output[0, length:].tolist(), sampling)
        return structs.replace(answer, text=form.object_in(answer.text)) if bound else answer

    def _decided(
        self, model: LanguageModel, conversation: Conversation, choice: Choice, trie: Trie
    ) -> Answer:
        prompt = self._prompt(model, conversation, room=max(map(len, trie.paths)))
        scores = candidate_scores(model, prompt, trie).tolist()
        found = self._decision.calibration.probabilities(dict(zip(choice.labels, scores, strict=True)))
        return decided(choice, len(prompt), found)

    def _prompt(self, model: LanguageModel, conversation: Conversation, *, room: int) -> PagePrompt:
        require_within_context(model, texts_of(conversation))
        return self._prompts.prompt(model, conversation, room=room)
