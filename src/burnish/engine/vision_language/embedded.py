"""Prompts as the language part of a vision-language model is given them: as embeddings, pages among them.

Each architecture puts pages among the text in a way of its own, and counts positions in a way of its own.
What comes of both is one vector and some positions for each place of a prompt, which the frozen parts of the
network compute. Where a place has the same of both as another, it is the same token. So the rows of a batch
are made of tokens of its own, and share and pack what those of text would (`language_model.packing`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, NoReturn

import torch

from burnish.engine.language_model.block_forwards import running_as
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.prefix import Tokens

#: What a language part may be given to have nothing but embeddings and positions; all else says more.
PLAIN = frozenset({"inputs_embeds", "position_ids", "attention_mask", "cache_position", "return_dict"})


@dataclass(frozen=True, kw_only=True, eq=False)
class EmbeddedRow:
    """The places of a prompt and its answer: (places, features), and (kinds of positions, places)."""

    embeddings: torch.Tensor
    positions: torch.Tensor

    @cached_property
    def tokens(self) -> tuple[int, ...]:
        """A number for each place: the same one for the same vector and positions, in whichever row."""
        vectors = self.embeddings.contiguous().view(torch.uint8).cpu().numpy()
        return tuple(
            int.from_bytes(blake2b(vector.tobytes() + repr(column).encode(), digest_size=8).digest())
            for vector, column in zip(vectors, self.positions.T.tolist(), strict=True)
        )


class EmbeddedTokens:
    """What a network is given for the tokens of some rows."""

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._embeddings = torch.empty(0)
        self._positions = torch.empty(0)

    def hold(self, rows: Sequence[EmbeddedRow]) -> None:
        """Know the tokens of these rows, and no others."""
        tokens = [token for row in rows for token in row.tokens]
        self._places = {token: place for place, token in enumerate(tokens)}
        self._embeddings = torch.cat([row.embeddings for row in rows])
        # Of text alone, architectures count one kind of positions, which then stands for all.
        kinds = max(len(row.positions) for row in rows)
        self._positions = torch.cat([row.positions.expand(kinds, -1) for row in rows], dim=1)

    def inputs(self, tokens: Tokens) -> dict[str, torch.Tensor]:
        """A row of these tokens, as embeddings, with their positions."""
        places = [self._places[token] for token in tokens]
        positions = self._positions[:, places]
        return {
            "inputs_embeds": self._embeddings[places].unsqueeze(0),
            "position_ids": positions if len(positions) == 1 else positions.unsqueeze(1),
        }


@torch.no_grad()  # type: ignore[untyped-decorator]
def embedded(model: LanguageModel, inputs: Mapping[str, Any]) -> EmbeddedRow | None:
    """The row that a model's language part is given for these inputs of the whole network.

    None where it is given more than that: a mask by which pages see what comes after them, say, or features
    of pages for its upper blocks.
    """
    given: dict[str, Any] = {}
    # Ended where the language part begins: of what it would have computed, nothing is needed.
    with suppress(_Noted), running_as([model.backbone], lambda _: _noting(given)):
        model.causal(**inputs, use_cache=False)
    if given.get("inputs_embeds") is None:
        return None
    others = [name for name, value in given.items() if name not in PLAIN and _says_something(value)]
    if others or not _sees_all_before(given.get("attention_mask")):
        return None
    (vectors,) = given["inputs_embeds"]
    positions = given.get("position_ids")
    if positions is None:
        positions = torch.arange(len(vectors), device=vectors.device)
    return EmbeddedRow(embeddings=vectors, positions=positions.reshape(-1, len(vectors)))


class _Noted(Exception):
    """What a language part is given is noted."""


def _noting(said: dict[str, Any]) -> Callable[..., NoReturn]:
    def forward(*_: object, **given: Any) -> NoReturn:
        said.update(given)
        raise _Noted

    return forward


def _says_something(value: object) -> bool:
    return value is not None and value is not False


def _sees_all_before(mask: object) -> bool:
    """Whether a mask leaves out nothing, so that each token sees all that stand before it."""
    return mask is None or (isinstance(mask, torch.Tensor) and mask.dim() == 2 and bool(mask.all()))
