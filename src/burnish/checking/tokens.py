"""Exact token counts of records by the model's own tokenizer, where it is public."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.checking.problems import Problem
from burnish.checking.record_parts import texts_of
from burnish.errors import InvalidConfig
from burnish.families import DatasetRules
from burnish.json_lines import numbered_lines, value_or_none

if TYPE_CHECKING:
    from tokenizers import Tokenizer

AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class TokenCounts:
    """Token counts of the records' text, without media and chat-template tokens."""

    records: int
    total: int
    largest: int


def open_tokenizer(place: Path) -> Tokenizer:
    """The tokenizer in a ``tokenizer.json``, or in a folder that holds one. Raises `InvalidConfig`."""
    file = place / "tokenizer.json" if place.is_dir() else place
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise InvalidConfig(
            "The tokenizer", ["the package tokenizers is not installed: pip install 'burnish[local]'"]
        ) from error
    if not file.is_file():
        raise InvalidConfig("The tokenizer", [f"there is no {str(file)!r}: give a folder of weights"])
    return Tokenizer.from_file(str(file))


def count_tokens(
    lines: Iterable[bytes], tokenizer: Tokenizer, *, rules: DatasetRules, where: str
) -> tuple[TokenCounts, list[Problem]]:
    """The tokens of the records of a file, and an error for each record that has too many."""
    total = largest = records = 0
    problems = []
    for numbers, texts in _batches(lines):
        # In batches, which the tokenizer spreads over the cores.
        for number, encoding in zip(
            numbers, tokenizer.encode_batch(texts, add_special_tokens=False), strict=True
        ):
            count = len(encoding.ids)
            total, largest, records = total + count, max(largest, count), records + 1
            if rules.max_tokens is not None and count > rules.max_tokens:
                text = f"{count} tokens; at most {rules.max_tokens} are allowed: shorten it"
                problems.append(Problem(where=where, line=number, text=text))
    return TokenCounts(records=records, total=total, largest=largest), problems


def _batches(lines: Iterable[bytes]) -> Iterator[tuple[list[int], list[str]]]:
    numbers: list[int] = []
    texts: list[str] = []
    for number, line in numbered_lines(lines):
        numbers.append(number)
        texts.append("\n".join(texts_of(value_or_none(line))))  # a line that is no record counts as empty
        if len(numbers) == AT_ONCE:
            yield numbers, texts
            numbers, texts = [], []
    yield numbers, texts
