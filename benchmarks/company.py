"""Texts that are written in company beside the same ones alone: what of their differences is rounding.

    python benchmarks/company.py

The untuned default model, in both dtypes, greedily, by what a server writes texts with. Where a text differs,
the first token that does is looked at: by how much its logit and that of the other token moved between alone
and in company, and how far apart the two were.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from at_once import TASK, page
from options import parser_with

from burnish.engine.catalogue import DEFAULT_MODEL, open_model
from burnish.engine.conversations import Conversation, Turn
from burnish.engine.inference_messages import Sampling
from burnish.engine.language_model import network
from burnish.engine.language_model.answering import AnsweringLanguageModel, SharedBase
from burnish.engine.language_model.dtypes import DTYPES
from burnish.engine.language_model.network import load_language_model
from burnish.engine.weights import prepared_weights
from burnish.engine.writing import written


@dataclass(frozen=True, kw_only=True)
class WrittenText:
    """The tokens of a text, and the logits that each was chosen by."""

    tokens: list[int]
    logits: list[torch.Tensor]


def main() -> None:
    options = parsed_options()
    weights = prepared_weights(open_model(options.model))
    chance = random.Random("company")  # noqa: S311
    questions = [asked(page(chance, options.words)) for _ in range(options.texts)]
    print("| dtype | same texts | logits moved | those of the first other token | these two apart |")
    print("| --- | --- | --- | --- | --- |")
    for name in DTYPES:
        network.dtype_for = lambda *_, dtype=DTYPES[name]: dtype
        model = load_language_model(weights)
        alone = [texts_of(model, [one], options.tokens)[0] for one in questions]
        together = texts_of(model, questions, options.tokens)
        print(compared(name, alone, together), flush=True)


def parsed_options() -> argparse.Namespace:
    parser = parser_with(__doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL.source)
    parser.add_argument("--texts", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=60, help="of each text")
    parser.add_argument("--words", type=int, default=100, help="of each page")
    return parser.parse_args()


def asked(text: str) -> Conversation:
    """A page as `benchmarks/at_once.py` asks about it."""
    return Conversation(
        system="", turns=(Turn(role="user", text=f"{TASK}Tell in two sentences what it is about.\n\n{text}"),)
    )


def texts_of(model: Any, questions: Sequence[Conversation], tokens: int) -> list[WrittenText]:
    """The texts that answer questions, all written at once."""
    answering = AnsweringLanguageModel(SharedBase(model))
    texts = [answering.begin(one, Sampling(max_tokens=tokens, temperature=0)) for one in questions]
    begun = [len(text.tokens) for text in texts]
    logits = [recorded(text) for text in texts]
    for text in texts:
        written(text)
    return [
        WrittenText(tokens=text.tokens[first:], logits=some)
        for text, first, some in zip(texts, begun, logits, strict=True)
    ]


def recorded(text: Any) -> list[torch.Tensor]:
    """A list that is given the logits of each token of a text."""
    logits: list[torch.Tensor] = []
    take = text.take

    def taken(row: torch.Tensor) -> None:
        logits.append(row.float().clone())
        take(row)

    text.take = taken
    return logits


def compared(name: str, alone: Sequence[WrittenText], together: Sequence[WrittenText]) -> str:
    """A row of the table."""
    moved, moved_there, gaps = [], [], []
    for one, other in zip(alone, together, strict=True):
        for place, (token, another) in enumerate(zip(one.tokens, other.tokens, strict=False)):
            difference = (one.logits[place] - other.logits[place]).abs()
            moved.append(difference.median().item())
            if token != another:
                moved_there.append(difference[[token, another]].max().item())
                gaps.append((one.logits[place][token] - one.logits[place][another]).item())
                break
    same = sum(one.tokens == other.tokens for one, other in zip(alone, together, strict=True))
    median = statistics.median(moved)
    return f"| {name} | {same} of {len(alone)} | {median:.2g} | {span(moved_there)} | {span(gaps)} |"


def span(numbers: Sequence[float]) -> str:
    """The median of numbers with the least and the most."""
    if not numbers:
        return ""
    return f"{statistics.median(numbers):.2g} ({min(numbers):.2g} to {max(numbers):.2g})"


if __name__ == "__main__":
    main()
