"""A prompt with pages as the network reads it: once, with pixels and all. What follows is tokens alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache

from burnish.engine.language_model.network import LanguageModel
from burnish.engine.vision_language.prompts import PagePrompt


@dataclass(frozen=True, kw_only=True, eq=False)
class Prefill:
    """What a network has made of a prompt."""

    #: Of the next token, (vocabulary).
    logits: torch.Tensor
    cache: DynamicCache
    length: int
    #: The position of the next token. In some architectures a page takes fewer positions than tokens.
    position: int


@torch.no_grad()  # type: ignore[untyped-decorator]
def prefilled(model: LanguageModel, prompt: PagePrompt, written: Sequence[int] = ()) -> Prefill:
    """A prompt, and what has been written after it, as the network reads them.

    Positions are the network's own affair, which knows what place images take. Some architectures note in the
    network how to count on, for the prompt that was read last: among several, each has to know it itself.
    """
    cache, length = DynamicCache(), len(prompt) + len(written)
    with _noted_positions(model) as positions:
        logits = model.logits_at(
            torch.tensor([0]),
            torch.tensor([length - 1]),
            **prompt.inputs(written),
            past_key_values=cache,
            use_cache=True,
        )
    # Not that of the last token: a page at the end has its highest position where its longer edge ends.
    position = max((int(one.max()) + 1 for one in positions), default=length)
    return Prefill(logits=logits[0], cache=cache, length=length, position=position)


@contextmanager
def _noted_positions(model: LanguageModel) -> Iterator[list[torch.Tensor]]:
    """The positions that the language part is given, where it is given any."""
    noted: list[torch.Tensor] = []

    def note(_module: object, _arguments: object, given: dict[str, Any]) -> None:
        if given.get("position_ids") is not None:
            noted.append(given["position_ids"])

    hook = model.backbone.register_forward_pre_hook(note, with_kwargs=True)
    try:
        yield noted
    finally:
        hook.remove()
