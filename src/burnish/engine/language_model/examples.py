"""Examples as a language model learns from them: the tokens of a prompt and of its answer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from burnish.engine.conversations import Conversation, Example
from burnish.engine.language_model.line_dropout import without_some_lines
from burnish.engine.language_model.network import PAGE_TOKENS, LanguageModel
from burnish.engine.language_model.page_tokens import fitting_tokens_of_each_page
from burnish.engine.language_model.training import Epochs, LoraTraining
from burnish.engine.language_model.training_step import TokenizedExample
from burnish.engine.pages import PageContent
from burnish.pages.reading import extent_for_tokens, lines_within


def tokenized(model: LanguageModel, example: Example, *, page_tokens: int = PAGE_TOKENS) -> TokenizedExample:
    """An example as tokens, of each page so many, or as many as there is room for."""
    answer = model.answer_tokens(example.answer)
    fitting = fitting_tokens_of_each_page(model, example.conversation, page_tokens, answer=len(answer))
    return TokenizedExample(
        prompt=tuple(model.prompt_tokens(example.conversation, page_tokens=fitting)), answer=tuple(answer)
    )


def epochs_of(
    model: LanguageModel,
    examples: Sequence[Example],
    whole: Sequence[TokenizedExample],
    settings: LoraTraining,
) -> Epochs:
    """The examples of each epoch, with other lines dropped each time; ``whole`` have all of their lines."""

    def examples_of(epoch: int) -> list[TokenizedExample]:
        return [
            tokenized(
                model,
                replace(one, conversation=_with_dropped_lines(one.conversation, epoch, settings)),
                page_tokens=settings.page_tokens,
            )
            for one in examples
        ]

    has_pages = any(one.conversation.pages for one in examples)
    return examples_of if settings.line_dropout > 0 and has_pages else lambda _: whole


def _with_dropped_lines(conversation: Conversation, epoch: int, settings: LoraTraining) -> Conversation:
    def dropped(page: PageContent) -> PageContent:
        # By the page, so that a seed drops the same lines in whichever order the examples stand.
        rng = random.Random(f"{settings.seed}/lines/{epoch}/{page.text}")  # noqa: S311 - not a secret
        # Of what the model is given: of a page that was read further, all that might be dropped at the top.
        given = lines_within(page.lines, extent_for_tokens(settings.page_tokens))
        return replace(page, lines=without_some_lines(given, settings.line_dropout, rng))

    turns = [replace(turn, pages=tuple(map(dropped, turn.pages))) for turn in conversation.turns]
    return replace(conversation, turns=tuple(turns))
