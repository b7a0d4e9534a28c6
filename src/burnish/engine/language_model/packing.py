"""Sequences packed into one row, without padding: what several of them begin with stands in it once.

The row is a tree cut into segments. A token of a segment sees what stands before it there, the segments that
its own goes on from, and a cached prefix before all of them; its position is what it would be if its
sequence stood there alone. Candidate answers follow a sequence as a segment that is a trie.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch

from burnish.engine.language_model.prefix import Tokens, shared_length
from burnish.engine.language_model.trie import Trie

#: Beginnings of fewer tokens are not worth a segment: running them again costs less than one more attention.
MIN_SHARED = 16


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Tokens of a row that stand together, and the numbers of the segments that they go on from."""

    tokens: tuple[int, ...]
    #: The position of the first token in its sequence.
    position: int
    ancestors: tuple[int, ...] = ()
    #: Where the tokens are those of a trie: each sees its own ancestors there. Else it sees all before it.
    trie: Trie | None = None

    @property
    def positions(self) -> list[int]:
        """The position of each token in its sequence."""
        depths = self.trie.depths if self.trie else range(len(self.tokens))
        return [self.position + depth for depth in depths]

    def attention_mask(self) -> torch.Tensor:
        """(tokens, tokens): True where a token (row) attends to another (column), or itself."""
        if self.trie:
            return self.trie.attention_mask()
        return torch.ones(len(self.tokens), len(self.tokens), dtype=torch.bool).tril()


@dataclass(frozen=True, kw_only=True)
class PackedRow:
    """The segments of some sequences, all after the first ``prefix_length`` tokens, which are cached."""

    segments: tuple[Segment, ...]
    #: For each sequence, in the order in which they were given, the segments that it consists of.
    paths: tuple[tuple[int, ...], ...]
    prefix_length: int = 0

    def __len__(self) -> int:
        return sum(self.lengths)

    @property
    def tokens(self) -> list[int]:
        """The tokens, as they stand in the row."""
        return [token for segment in self.segments for token in segment.tokens]

    @property
    def positions(self) -> list[int]:
        """The position of each token of the row in its sequence."""
        return [position for segment in self.segments for position in segment.positions]

    @cached_property
    def lengths(self) -> list[int]:
        """The number of tokens of each segment."""
        return [len(segment.tokens) for segment in self.segments]

    @cached_property
    def starts(self) -> list[int]:
        """The column of each segment's first token."""
        return [sum(self.lengths[:number]) for number in range(len(self.lengths))]

    def columns(self, sequence: int) -> list[int]:
        """Where in the row the tokens of a sequence stand, from the first one after the prefix."""
        return [
            column
            for number in self.paths[sequence]
            for column in range(self.starts[number], self.starts[number] + self.lengths[number])
        ]


def packed(sequences: Sequence[Tokens], *, prefix_length: int = 0) -> PackedRow:
    """The sequences in one row, without the first ``prefix_length`` tokens, which all of them share."""
    tree = _Tree(sequences)
    tree.grow(sorted(range(len(sequences)), key=lambda index: tuple(sequences[index])), prefix_length)
    paths = tuple(tuple(tree.paths[index]) for index in range(len(sequences)))
    return PackedRow(segments=tuple(tree.segments), paths=paths, prefix_length=prefix_length)


def packed_with_trie(prompts: Sequence[Tokens], trie: Trie, *, prefix_length: int = 0) -> PackedRow:
    """The prompts in one row as `packed` puts them, each followed by a trie of its own."""
    row = packed(prompts, prefix_length=prefix_length)
    if not trie.tokens:
        return row
    tries = [
        Segment(tokens=trie.tokens, position=len(prompt), ancestors=path, trie=trie)
        for prompt, path in zip(prompts, row.paths, strict=True)
    ]
    return PackedRow(
        segments=(*row.segments, *tries),
        paths=tuple((*path, number) for number, path in enumerate(row.paths, start=len(row.segments))),
        prefix_length=prefix_length,
    )


@dataclass
class _Tree:
    sequences: Sequence[Tokens]
    segments: list[Segment] = field(default_factory=list)
    paths: dict[int, list[int]] = field(default_factory=dict)

    def grow(self, order: Sequence[int], depth: int, ancestors: tuple[int, ...] = ()) -> None:
        """Add what some sequences, in the order of their tokens, have after their first ``depth`` tokens."""
        for branch in _branches(self.sequences, order, depth):
            end = shared_length([self.sequences[index] for index in branch])
            below = ancestors
            if end > depth:
                below = (*ancestors, self._add(self.sequences[branch[0]][depth:end], depth, ancestors))
            for index in branch:
                self.paths[index] = list(below)
            longer = [index for index in branch if len(self.sequences[index]) > end]
            self.grow(longer, end, below)

    def _add(self, tokens: Tokens, position: int, ancestors: tuple[int, ...]) -> int:
        self.segments.append(Segment(tokens=tuple(tokens), position=position, ancestors=ancestors))
        return len(self.segments) - 1


def _branches(sequences: Sequence[Tokens], order: Sequence[int], depth: int) -> Iterator[list[int]]:
    """Groups of sequences, in order, that share more than a few tokens after the first ``depth``."""
    group: list[int] = []
    for index in order:
        if group and shared_length([sequences[group[-1]], sequences[index]]) - depth < MIN_SHARED:
            yield group
            group = []
        group.append(index)
    if group:
        yield group
