"""The tokens that asking about a page takes: at most, for a bound that holds, and likely, for an estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burnish.families import ImageTokens

if TYPE_CHECKING:
    from burnish.extraction_prompts import Prompt

#: What the service adds around the texts: the chat's own tokens, and its words about a JSON schema.
ADDED_BY_THE_SERVICE = 1_000
#: Of English prose. AWS's guide plans with six, for training; a table of types has more tokens.
CHARACTERS_PER_TOKEN = 4
LIKELY_ANSWER = 12


@dataclass(frozen=True, kw_only=True)
class TokenCount:
    """Input and output tokens of a call."""

    asked: int
    answered: int


#: Width and height, in pixels, of each page that is asked about together.
Sizes = Sequence[tuple[int, int]]


def most_tokens(prompt: Prompt, sizes: Sizes, images: ImageTokens, *, answer: int) -> TokenCount:
    """The most tokens that a call takes about pages of these sizes, for an answer so long."""
    # No tokenizer makes more tokens than a text has bytes.
    texts = sum(len(text.encode()) for text in _texts_of(prompt))
    shown = sum(images.ceiling(*size) for size in sizes)
    return TokenCount(asked=texts + ADDED_BY_THE_SERVICE + shown, answered=answer)


def likely_tokens(prompt: Prompt, sizes: Sizes, images: ImageTokens) -> TokenCount:
    """About how many tokens it takes."""
    texts = sum(map(len, _texts_of(prompt))) // CHARACTERS_PER_TOKEN
    return TokenCount(asked=texts + sum(images.likely(*size) for size in sizes), answered=LIKELY_ANSWER)


def _texts_of(prompt: Prompt) -> tuple[str, ...]:
    return prompt.system, prompt.task, prompt.json_schema
