"""Attention over a packed row: segment by segment, or under one mask where kernels take it.

Torch's attention on a CPU takes nearly four times as long in bfloat16 as the products that it consists of
(``benchmarks/README.md``, "The training step"), and under the mask of a packed row it also computes what is
masked. Here each segment's queries meet only the keys that they see, in plain products. All heads that share
keys and values are multiplied with them at once. On an accelerator many small products are slow, and its
kernels are given a mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import AttentionInterface

from burnish.engine.language_model.architecture import text_config
from burnish.engine.language_model.packing import PackedRow
from burnish.engine.language_model.prefix import RowInputs, shared, token_inputs
from burnish.engine.language_model.tree_attention import masks_for
from burnish.engine.language_model.trie import Trie

#: Queries of a long segment go in chunks of so many, each to the keys up to its end: so most of what is
#: masked is neither computed nor kept for the way back.
CHUNK = 256
#: The name under which transformers' attention layers find `_attend`.
NAME = "burnish_packed"


def packed_inputs(
    backbone: Any, row: PackedRow, prefix: Any, *, masked: bool, rows: RowInputs | None = None
) -> dict[str, Any]:
    """What a network is given to run a row after the prefix in a cache; with or without a mask."""
    device = next(backbone.parameters()).device
    inputs = {
        "position_ids": torch.tensor([row.positions], device=device),
        **(rows or token_inputs(device))(row.tokens),
        "past_key_values": shared(prefix) if row.prefix_length else None,
        "use_cache": row.prefix_length > 0,
    }
    return {**inputs, "attention_mask": _masks(backbone, row, device)} if masked else inputs


def _masks(backbone: Any, row: PackedRow, device: torch.device) -> Any:
    """The mask of the row, (1, 1, tokens, prefix + tokens), for each kind of layer that differs."""
    sees = torch.zeros(len(row), row.prefix_length + len(row), dtype=torch.bool, device=device)
    sees[:, : row.prefix_length] = True
    ends = [start + length for start, length in zip(row.starts, row.lengths, strict=True)]
    for number, segment in enumerate(row.segments):
        rows = slice(row.starts[number], ends[number])
        for seen in segment.ancestors:
            sees[rows, row.prefix_length + row.starts[seen] : row.prefix_length + ends[seen]] = True
        own = slice(row.prefix_length + row.starts[number], row.prefix_length + ends[number])
        sees[rows, own] = segment.attention_mask().to(device)
    queries = torch.tensor([row.positions], device=device)
    keys = torch.tensor([[*range(row.prefix_length), *row.positions]], device=device)
    return masks_for(backbone, sees[None, None], queries, keys)


@dataclass
class RunningRow:
    """What attention is told of the row that is running; without one, all tokens are of one sequence."""

    row: PackedRow | None = None
    _masks: dict[tuple[Any, ...], torch.Tensor] = field(default_factory=dict)

    def mask(
        self,
        size: tuple[int, int],
        trie: Trie | None,
        window: int | None,
        groups: int,
        like: torch.Tensor,
    ) -> torch.Tensor:
        """(groups * tokens, keys): zero where one of the last ``tokens`` sees a key, else minus infinity.

        The last tokens are those of the ``trie``, where one is given.
        """
        key = (*size, trie, window, groups, like.dtype)
        if key not in self._masks:
            sees = _seen(*size, trie, window)
            mask = torch.zeros(sees.shape, dtype=like.dtype).masked_fill_(~sees, float("-inf"))
            self._masks[key] = mask.repeat(groups, 1).to(like.device)
        return self._masks[key]


def _seen(tokens: int, keys: int, trie: Trie | None, window: int | None) -> torch.Tensor:
    """(tokens, keys): True where one of the last ``tokens`` sees a key."""
    sees = torch.ones(tokens, keys, dtype=torch.bool).tril(keys - tokens)
    positions = torch.arange(keys)
    if trie:
        sees[:, keys - tokens :] = trie.attention_mask()
        positions[keys - tokens :] = keys - tokens + torch.tensor(trie.depths)
    if window is not None:
        sees &= positions[keys - tokens :, None] - positions[None] < window
    return sees


_running: ContextVar[RunningRow] = ContextVar("running row")


@contextmanager
def attending_by_segments(backbone: Any) -> Iterator[RunningRow]:
    """Let the backbone's layers attend by segments, also when a checkpointed block runs again."""
    config = text_config(backbone.config)
    before = config._attn_implementation  # noqa: SLF001 - transformers has no public name for it
    running = RunningRow()
    token = _running.set(running)
    config._attn_implementation = NAME  # noqa: SLF001 - as above
    try:
        yield running
    finally:
        config._attn_implementation = before  # noqa: SLF001 - as above
        _running.reset(token)


def _attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: object,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """The outputs of one row's tokens, (1, tokens, heads, features), as transformers' layers ask for them."""
    running = _running.get()
    window, softcap, scaling = (options.get(name) for name in ("sliding_window", "softcap", "scaling"))
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    outputs = [
        _attend_one(running, *chunk, trie=trie, scaling=scaling, window=window, softcap=softcap)
        for segment in _parts(running.row, query[0], key[0], value[0])
        for *chunk, trie in _chunks(*segment)
    ]
    return torch.cat(outputs, dim=1).transpose(0, 1).unsqueeze(0), None


AttentionInterface.register(NAME, _attend)


def _parts(
    row: PackedRow | None, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor, Trie | None]]:
    """The queries of each segment, with the keys and values that they see, and its trie."""
    if row is None:
        yield query, key, value, None
        return
    # Split once: the gradients of the parts are joined once too, where slices would each be added up.
    lengths = [row.prefix_length, *row.lengths]
    queries, keys, values = query.split(row.lengths, 1), key.split(lengths, 1), value.split(lengths, 1)
    for number, segment in enumerate(row.segments):
        seen = [0, *(ancestor + 1 for ancestor in segment.ancestors), number + 1]
        yield queries[number], _joined(keys, seen), _joined(values, seen), segment.trie


def _chunks(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, trie: Trie | None
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor, Trie | None]]:
    """The queries of a segment, not too many at once, with the keys and values up to the last of them."""
    tokens, before = query.shape[1], key.shape[1] - query.shape[1]
    if trie or tokens <= CHUNK:
        yield query, key, value, trie
        return
    for start in range(0, tokens, CHUNK):
        end = min(start + CHUNK, tokens)
        yield query[:, start:end], key[:, : before + end], value[:, : before + end], None


def _joined(parts: Sequence[torch.Tensor], numbers: Sequence[int]) -> torch.Tensor:
    return torch.cat([parts[number] for number in numbers], dim=1)


def _attend_one(
    running: RunningRow,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    *,
    trie: Trie | None,
    scaling: float,
    window: int | None,
    softcap: float | None,
) -> torch.Tensor:
    """The outputs of one segment, (heads, tokens, features)."""
    heads, tokens, features = query.shape
    groups = heads // key.shape[0]
    mask = running.mask((tokens, key.shape[1]), trie, window, groups, query)
    queries = query.reshape(-1, groups * tokens, features)
    if softcap is None:
        scores = torch.baddbmm(mask.unsqueeze(0), queries, key.transpose(1, 2), alpha=scaling)
    else:
        scores = torch.bmm(queries, key.transpose(1, 2)) * (scaling / softcap)
        scores = scores.tanh() * softcap + mask
    return torch.bmm(scores.softmax(dim=-1), value).view(heads, tokens, -1)
