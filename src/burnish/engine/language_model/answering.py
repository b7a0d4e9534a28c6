"""Answering with a language model: its adapters, cached prefixes, and decisions made in batches.

The prompts of one task begin alike. The prefix that a model's latest prompts shared stays cached, so that a
page costs the tokens of the page alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from msgspec import structs
from transformers import LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from burnish.engine.adapters import AdaptedNetwork
from burnish.engine.answer_forms import AnswerForm
from burnish.engine.conversations import Conversation
from burnish.engine.inference_messages import Answer, Choice, Sampling
from burnish.engine.language_model.chat_template import TURN_END
from burnish.engine.language_model.deciding import candidate_scores
from burnish.engine.language_model.decision import Decision, load_decision
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.page_tokens import whole_page_tokens
from burnish.engine.language_model.prefix import expanded, run_prefix, shared_length
from burnish.engine.language_model.trie import trie_of
from burnish.engine.object_forms import ObjectForm
from burnish.engine.tunable_model import Cancelled
from burnish.errors import InvalidInput, ModelFailed

#: A shorter prefix is not worth a cache of its own.
MIN_PREFIX = 16


class AnsweringLanguageModel:
    """A base model, or one with an adapter, and the prefix that its latest prompts shared in a cache."""

    def __init__(self, network: AdaptedNetwork[LanguageModel], adapter: Path | None = None) -> None:
        # Before the adapter: where the file is damaged, no adapter without its decision stays loaded.
        self._decision = load_decision(adapter) if adapter else Decision()
        if adapter:
            network.add(adapter)
        self._network = network
        self._adapter = adapter
        self._prefix: tuple[list[int], Any] = ([], None)
        self._last_prompt: list[int] = []

    def count_tokens(self, conversation: Conversation) -> int:
        """The number of tokens of a conversation, which may be more than the model takes."""
        with self._network.using(self._adapter) as model:
            require_within_context(model, texts_of(conversation))
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
            prefix_length, cache = self._shared_prefix(model, prompts)
            scores = candidate_scores(model, prompts, trie, cache, prefix_length).tolist()
        probabilities = [
            self._decision.calibration.probabilities(dict(zip(choice.labels, row, strict=True)))
            for row in scores
        ]
        return [
            decided(choice, len(prompt), found) for prompt, found in zip(prompts, probabilities, strict=True)
        ]

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
            page_tokens = self._page_tokens(model, conversation, sampling) if schema else None
            prompt = self._prompt(model, conversation, 1, page_tokens=page_tokens)
            bound = model.grammars.bound_to(schema, form, start=len(prompt)) if schema else None
            prefix_length, cache = self._shared_prefix(model, [prompt])
            output = model.network.generate(
                input_ids=torch.tensor([prompt], device=model.device),
                attention_mask=torch.ones(1, len(prompt), dtype=torch.long, device=model.device),
                # A copy: generating appends to the cache that it is given.
                past_key_values=expanded(cache, 1) if prefix_length else None,
                stopping_criteria=StoppingCriteriaList(
                    [StopOrCancel(model, sampling.stop, start=len(prompt), is_cancelled=is_cancelled)]
                ),
                logits_processor=LogitsProcessorList([bound] if bound else []),
                **generation_options(model, sampling, room=model.context - len(prompt)),
            )
        answer = generated(model, len(prompt), output[0, len(prompt) :].tolist(), sampling)
        return structs.replace(answer, text=form.object_in(answer.text)) if bound else answer

    def _page_tokens(self, model: LanguageModel, conversation: Conversation, sampling: Sampling) -> int:
        """How many tokens of a page an answer of several fields needs."""
        if self._adapter:
            return self._decision.page_tokens
        # No training has said how much is needed, and a field may stand anywhere.
        return whole_page_tokens(model, conversation, answer=sampling.max_tokens)

    def _prompt(
        self, model: LanguageModel, conversation: Conversation, room: int, *, page_tokens: int | None = None
    ) -> list[int]:
        """The tokens of a conversation. Raises `InvalidInput` where they leave no ``room`` in the context."""
        require_within_context(model, texts_of(conversation))
        prompt = model.prompt_tokens(conversation, page_tokens=page_tokens or self._decision.page_tokens)
        if len(prompt) + room > model.context:
            raise InvalidInput(
                f"Input is too long: {len(prompt)} tokens, and the model's context is {model.context}"
            )
        return prompt

    def _shared_prefix(self, model: LanguageModel, prompts: Sequence[list[int]]) -> tuple[int, Any]:
        """The length of the prefix that these prompts and the one before share, and its cache.

        A cached prefix is used for as long as every prompt begins with it. Otherwise the prompts and the one
        before tell it: a prompt alone does not show where its page begins.
        """
        tokens, cache = self._prefix
        if not tokens or any(
            prompt[: len(tokens)] != tokens or len(prompt) == len(tokens) for prompt in prompts
        ):
            known = [*prompts, self._last_prompt or prompts[0]]
            length = min(shared_length(known), min(len(prompt) for prompt in prompts) - 1)
            tokens = prompts[0][:length] if length >= MIN_PREFIX and len(known) > 1 else []
            cache = run_prefix(model.backbone, tokens, model.device)
            self._prefix = (tokens, cache)
        self._last_prompt = prompts[-1]
        return len(tokens), cache


class StopOrCancel(StoppingCriteria):  # type: ignore[misc]
    """Stops generation at a stop string. Raises `Cancelled` once nobody waits for the text.

    Only as many of the last tokens are decoded as a stop string can have: a token is a byte at least. The
    criterion of transformers goes through the whole vocabulary for each string before it begins.
    """

    def __init__(
        self, model: LanguageModel, stops: Sequence[str], *, start: int, is_cancelled: Callable[[], bool]
    ) -> None:
        self._tokenizer = model.tokenizer
        self._stops = (*stops, TURN_END) if not model.end_tokens else tuple(stops)
        self._start = start
        self._reach = max((len(stop.encode()) for stop in self._stops), default=0) + 8
        self._is_cancelled = is_cancelled

    def __call__(self, input_ids: torch.Tensor, scores: object, **_: object) -> torch.Tensor:
        if self._is_cancelled():
            raise Cancelled
        return torch.full((len(input_ids),), self._has_stopped(input_ids), device=input_ids.device)

    def _has_stopped(self, input_ids: torch.Tensor) -> bool:
        if not self._stops:
            return False
        tail = input_ids[0, max(self._start, input_ids.shape[1] - self._reach) :]
        text = self._tokenizer.decode(tail.tolist(), skip_special_tokens=True)
        return any(stop in text for stop in self._stops)


def texts_of(conversation: Conversation) -> list[str]:
    """All texts of a conversation."""
    return [conversation.system, *(turn.text for turn in conversation.turns)]


def require_within_context(model: LanguageModel, texts: Sequence[str]) -> None:
    """Raise `InvalidInput` for text that is too long even if all of its tokens were the longest.

    Tokenizing megabytes to find that out would take minutes, in which the process answers nobody.
    """
    characters = sum(map(len, texts))
    if characters > model.context * model.longest_token:
        raise InvalidInput(
            f"Input is too long: {characters} characters, and the model's context is {model.context} tokens"
        )


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


def generation_options(model: LanguageModel, sampling: Sampling, *, room: int) -> dict[str, Any]:
    """How transformers generates; ``room`` tokens are left in the context."""
    options: dict[str, Any] = {
        "max_new_tokens": max(1, min(sampling.max_tokens, room)),
        "do_sample": sampling.temperature > 0,
        "eos_token_id": model.end_tokens or None,
        # Nothing is padded; transformers warns at every call where none is named.
        "pad_token_id": model.end_tokens[0] if model.end_tokens else 0,
    }
    if sampling.temperature > 0:
        options |= {"temperature": sampling.temperature, "top_p": sampling.top_p}
    return options


def generated(model: LanguageModel, input_tokens: int, tokens: list[int], sampling: Sampling) -> Answer:
    """The text of generated tokens, up to a stop string, and why it ended."""
    reason = "end_turn" if tokens and tokens[-1] in model.end_tokens else "max_tokens"
    text = str(model.tokenizer.decode(tokens, skip_special_tokens=True))
    if not model.end_tokens and TURN_END in text:
        text, reason = text[: text.index(TURN_END)], "end_turn"
    ends = [text.find(stop) for stop in sampling.stop if stop in text]
    if ends:
        text, reason = text[: min(ends)], "stop_sequence"
    return Answer(text=text, stop_reason=reason, input_tokens=input_tokens, output_tokens=len(tokens))
