"""Candidate answers as a tree of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

ROOT = -1


@dataclass(frozen=True, kw_only=True)
class Trie:
    """Candidate answers as a tree of tokens. A node's parent comes before it; `ROOT` is the prompt's end."""

    tokens: tuple[int, ...]
    parents: tuple[int, ...]
    depths: tuple[int, ...]
    #: For each candidate the nodes on its path, from the first token to the last.
    paths: tuple[tuple[int, ...], ...]

    def attention_mask(self) -> torch.Tensor:
        """(nodes, nodes): True where a node (row) attends to another (column), itself or an ancestor."""
        matrix = torch.zeros(len(self.tokens), len(self.tokens), dtype=torch.bool)
        for node, parent in enumerate(self.parents):
            if parent != ROOT:
                matrix[node] = matrix[parent]
            matrix[node, node] = True
        return matrix

    @cached_property
    def inner(self) -> tuple[int, ...]:
        """The nodes that others grow from."""
        return tuple(sorted(set(self.parents) - {ROOT}))

    def without_leaves(self) -> Trie:
        """The trie of what comes before each candidate's last token, with its nodes numbered anew."""
        number = {node: place for place, node in enumerate(self.inner)}
        return Trie(
            tokens=tuple(self.tokens[node] for node in self.inner),
            parents=tuple(number.get(self.parents[node], ROOT) for node in self.inner),
            depths=tuple(self.depths[node] for node in self.inner),
            paths=tuple(tuple(number[node] for node in path if node in number) for path in self.paths),
        )


def trie_of(candidates: Sequence[Sequence[int]]) -> Trie:
    """The trie of the candidates, without the tail that they all share, which decides nothing."""
    shortened = without_common_tail(candidates)
    tokens: list[int] = []
    parents: list[int] = []
    depths: list[int] = []
    nodes: dict[tuple[int, int], int] = {}
    paths = []
    for candidate in shortened:
        parent, path = ROOT, []
        for depth, token in enumerate(candidate):
            node = nodes.setdefault((parent, token), len(tokens))
            if node == len(tokens):
                tokens.append(token)
                parents.append(parent)
                depths.append(depth)
            path.append(node)
            parent = node
        paths.append(tuple(path))
    return Trie(tokens=tuple(tokens), parents=tuple(parents), depths=tuple(depths), paths=tuple(paths))


def without_common_tail(candidates: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """The candidates up to and including the first token of the tail that all of them share.

    That token stays because it marks where a label ends. Without it ``form`` would be a prefix of
    ``form_letter``, never less likely, and always win.
    """
    shared = 0
    shortest = min(len(candidate) for candidate in candidates)
    while shared < shortest and len({candidate[-1 - shared] for candidate in candidates}) == 1:
        shared += 1
    cut = max(0, shared - 1)
    return [tuple(candidate[: len(candidate) - cut]) for candidate in candidates]
