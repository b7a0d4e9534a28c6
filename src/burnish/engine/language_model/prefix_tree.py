"""What prompts begin with, kept as a tree of tokens with their keys and values: each beginning is run once.

Prompts of one task share instructions, those of one conversation all that was said before. Where two part,
the branch that they share is kept once. What was unused for longest goes first when there is too much.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from transformers import DynamicCache

from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.prefix import suffix_inputs
from burnish.engine.language_model.row_cache import Layers, bytes_of, layers_of

#: A shorter beginning is not worth keeping.
MIN_PREFIX = 16


@dataclass(eq=False)
class _Branch:
    """Some tokens after those of the branch that it grows from; a model's own branch has none."""

    tokens: tuple[int, ...] = ()
    layers: Layers = ()
    last_used: int = 0
    branches: dict[int, _Branch] = field(default_factory=dict)


class PrefixTree:
    """Beginnings of prompts that models have run. Those of one ``owner`` are no use to another."""

    def __init__(self, *, bound: int) -> None:
        #: How many bytes are kept.
        self.bound = bound
        self.bytes = 0
        self._roots: dict[Hashable, _Branch] = {}
        self._clock = 0

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def run(
        self, model: LanguageModel, owner: Hashable, tokens: Sequence[int]
    ) -> tuple[torch.Tensor, DynamicCache]:
        """The logits after the last of these tokens, and the cache of all; they are kept for the next."""
        length, cache = self.longest(owner, tokens[:-1])
        with model.attending():
            logits = model.logits_at(
                torch.tensor([0]),
                torch.tensor([len(tokens) - length - 1]),
                **suffix_inputs([tokens[length:]], cache, length, model.device),
            )
        self.keep(owner, tokens, layers_of(cache))
        return logits[0], cache

    def kept(self, owner: Hashable, tokens: Sequence[int]) -> int:
        """The length of the longest beginning of these tokens that is kept."""
        length = sum(shared for _, shared in self._path(owner, tokens))
        return length if length >= MIN_PREFIX else 0

    def longest(self, owner: Hashable, tokens: Sequence[int]) -> tuple[int, DynamicCache]:
        """The length of the longest beginning of these tokens that is kept, and a copy of its cache."""
        found = [_cut(branch.layers, 0, shared) for branch, shared in self._path(owner, tokens)]
        length = sum(shared for _, shared in self._path(owner, tokens))
        return (length, _joined(found)) if length >= MIN_PREFIX else (0, DynamicCache())

    def keep(self, owner: Hashable, tokens: Sequence[int], layers: Layers) -> None:
        """Keep tokens with their keys and values, of which a copy is made, as far as they are new."""
        path = list(self._path(owner, tokens))
        length = sum(shared for _, shared in path)
        if len(tokens) - length < MIN_PREFIX:
            return
        parent = self._roots.setdefault(owner, _Branch())
        if path:
            parent, shared = path[-1]
            self._split(parent, shared)
        parent.branches[tokens[length]] = self._grown(
            tuple(tokens[length:]), _cut(layers, length, len(tokens)), {}
        )
        while self.bytes > self.bound:
            self._drop_oldest()

    def forget(self, owner: Hashable) -> None:
        """Drop all that is kept for an owner."""
        for branch in _all_of(self._roots.pop(owner, _Branch())):
            self.bytes -= bytes_of(branch.layers)

    def _path(self, owner: Hashable, tokens: Sequence[int]) -> Iterator[tuple[_Branch, int]]:
        """The branches along these tokens, and how many of each one's tokens are shared."""
        branch, start = self._roots.get(owner, _Branch()), 0
        self._clock += 1
        while start < len(tokens) and (found := branch.branches.get(tokens[start])):
            found.last_used = self._clock
            shared = _shared(found.tokens, tokens[start:])
            yield found, shared
            if shared < len(found.tokens):
                return
            branch, start = found, start + shared

    def _split(self, branch: _Branch, length: int) -> None:
        """Let a branch end after so many tokens; the rest of it becomes a branch that grows from it."""
        if length == len(branch.tokens):
            return
        tokens, layers = branch.tokens, branch.layers
        self.bytes -= bytes_of(layers)
        head = self._grown(tokens[:length], _cut(layers, 0, length), {})
        rest = self._grown(tokens[length:], _cut(layers, length, len(tokens)), branch.branches)
        rest.last_used = branch.last_used - 1
        branch.tokens, branch.layers, branch.branches = head.tokens, head.layers, {tokens[length]: rest}

    def _grown(self, tokens: tuple[int, ...], layers: Layers, branches: dict[int, _Branch]) -> _Branch:
        """A branch with memory of its own."""
        own = [pair and (pair[0].clone(), pair[1].clone()) for pair in layers]
        self.bytes += bytes_of(own)
        return _Branch(tokens=tokens, layers=own, last_used=self._clock, branches=branches)

    def _drop_oldest(self) -> None:
        """Drop the branch that was unused for longest, of those from which none grows."""
        ends = [
            (parent, branch)
            for root in self._roots.values()
            for parent in (root, *_all_of(root))
            for branch in parent.branches.values()
            if not branch.branches
        ]
        parent, oldest = min(ends, key=lambda one: one[1].last_used)
        del parent.branches[oldest.tokens[0]]
        self.bytes -= bytes_of(oldest.layers)


def _all_of(branch: _Branch) -> Iterator[_Branch]:
    """All branches that grow from one, directly or not."""
    waiting = [branch]
    while waiting:
        grown = list(waiting.pop().branches.values())
        yield from grown
        waiting += grown


def _shared(kept: Sequence[int], tokens: Sequence[int]) -> int:
    """How many leading tokens are the same."""
    pairs = enumerate(zip(kept, tokens, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(kept), len(tokens)))


def _cut(layers: Layers, first: int, last: int) -> Layers:
    return [pair and (pair[0][:, first:last], pair[1][:, first:last]) for pair in layers]


def _joined(parts: Sequence[Layers]) -> DynamicCache:
    """A cache of one sequence, whose parts follow one another."""
    cache = DynamicCache()
    for number, pairs in enumerate(zip(*parts, strict=True)):
        known = [pair for pair in pairs if pair]
        if known:
            keys, values = (torch.cat(some, dim=1).unsqueeze(0) for some in zip(*known, strict=True))
            cache.update(keys, values, number)
    return cache
