"""The keys and values of sequences of different lengths that go on side by side, a row each.

Rows are padded on the left, so that all go on at the same column. Buffers have room for tokens to come: the
cache of transformers would be copied for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

#: The keys and values of one sequence in each layer, (heads, length, size); None in layers without any.
Layers: TypeAlias = Sequence[tuple[torch.Tensor, torch.Tensor] | None]


@dataclass(frozen=True, kw_only=True, eq=False)
class CachedSequence:
    """A sequence with its keys and values, and how its positions are counted on."""

    layers: Layers
    length: int
    #: What is added to its length for its next position: pages may take fewer positions than tokens.
    shift: int = 0


#: For so many tokens there is room when rows are put together.
ROOM = 64


def layers_of(cache: DynamicCache, *, row: int = 0, first: int = 0, last: int | None = None) -> Layers:
    """What a cache holds of one row, from column ``first`` up to ``last``. It shares the cache's memory."""
    return [
        None if layer.keys is None else (layer.keys[row, :, first:last], layer.values[row, :, first:last])
        for layer in cache.layers
    ]


def bytes_of(layers: Layers) -> int:
    """How much memory keys and values take."""
    return sum(one.numel() * one.element_size() for pair in layers if pair for one in pair)


class RowCache:
    """Sequences side by side. One that is removed makes room for the last one."""

    def __init__(self) -> None:
        self._lengths: list[int] = []
        self._shifts: list[int] = []
        self._layers: list[_Room | None] = []

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, sequences: Sequence[CachedSequence]) -> None:
        """Put further rows below those that are there."""
        self._put_together([*self._rows(), *sequences])

    def remove(self, row: int) -> None:
        """Take a row out; the last one comes in its place."""
        for layer in self._layers:
            if layer:
                layer.remove(row)
        for numbers in (self._lengths, self._shifts):
            last = numbers.pop()
            if row < len(numbers):
                numbers[row] = last

    def inputs(self, tokens: Sequence[int], device: torch.device) -> dict[str, Any]:
        """What a network is given to go on with one token a row. It leaves their keys and values here."""
        if any(layer and layer.is_full for layer in self._layers):
            self._put_together(self._rows())
        lengths = torch.tensor(self._lengths, device=device)
        shifts = torch.tensor(self._shifts, device=device)
        self._lengths = [length + 1 for length in self._lengths]
        columns = 1 + next(layer.length for layer in self._layers if layer)
        cache = DynamicCache()
        cache.layers = [layer or DynamicLayer() for layer in self._layers]
        return {
            "input_ids": torch.tensor([[token] for token in tokens], device=device),
            "attention_mask": (
                torch.arange(columns, device=device) >= columns - 1 - lengths.unsqueeze(1)
            ).long(),
            "position_ids": (lengths + shifts).unsqueeze(1),
            "past_key_values": cache,
            "use_cache": True,
        }

    def _rows(self) -> list[CachedSequence]:
        return [
            CachedSequence(
                layers=[layer and layer.row(number, length) for layer in self._layers],
                length=length,
                shift=shift,
            )
            for number, (length, shift) in enumerate(zip(self._lengths, self._shifts, strict=True))
        ]

    def _put_together(self, sequences: Sequence[CachedSequence]) -> None:
        by_layer = zip(*(one.layers for one in sequences), strict=True)
        self._layers = [None if pairs[0] is None else _Room(pairs) for pairs in by_layer]
        self._lengths = [one.length for one in sequences]
        self._shifts = [one.shift for one in sequences]


class _Room(DynamicLayer):  # type: ignore[misc]
    """One layer's keys and values of all rows, in buffers with room for more columns."""

    def __init__(self, pairs: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
        super().__init__()
        keys, values = zip(*pairs, strict=True)
        self.dtype, self.device, self.is_initialized = keys[0].dtype, keys[0].device, True
        self.length = max(one.shape[1] for one in keys)
        self._buffers = [_padded(keys, self.length), _padded(values, self.length)]
        self._show()

    @property
    def is_full(self) -> bool:
        return bool(self.length == self._buffers[0].shape[2])

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        first = self.length
        self.length += key_states.shape[2]
        for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, first : self.length] = states
        self._show()
        return self.keys, self.values

    def row(self, number: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The keys and values of a row without its padding."""
        return self.keys[number, :, self.length - length :], self.values[number, :, self.length - length :]

    def remove(self, row: int) -> None:
        for number, buffer in enumerate(self._buffers):
            if row < len(buffer) - 1:
                buffer[row] = buffer[-1]
            self._buffers[number] = buffer[:-1]
        self._show()

    def _show(self) -> None:
        self.keys, self.values = (buffer[:, :, : self.length] for buffer in self._buffers)


def _padded(rows: Sequence[torch.Tensor], length: int) -> torch.Tensor:
    """(rows, heads, length + `ROOM`, size): each row ends at ``length``, after zeros."""
    heads, _, size = rows[0].shape
    buffer = rows[0].new_zeros(len(rows), heads, length + ROOM, size)
    for place, row in zip(buffer, rows, strict=True):
        place[:, length - row.shape[1] : length] = row
    return buffer
