"""Choosing the next token of a text by its logits."""

from __future__ import annotations

from typing import Any

import torch
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from burnish.engine.inference_messages import Sampling
from burnish.errors import ModelFailed


class TokenChoice:
    """Chooses tokens as a request asks for it, of those that ``bound`` admits.

    Random numbers are its own: what else is computed at the same time does not change them. A repetition
    penalty that the model's own settings name is kept to, and their top-k where the request has none.
    """

    def __init__(
        self, sampling: Sampling, settings: Any, device: torch.device, bound: LogitsProcessor | None
    ) -> None:
        self._is_random = sampling.temperature > 0
        self._processors = LogitsProcessorList(_processors(sampling, settings, bound))
        self._random = torch.Generator(device)
        self._random.seed()

    def next(self, tokens: list[int], logits: torch.Tensor) -> int:
        """The token that follows, by its logits, (vocabulary). Raises `ModelFailed` where they are none."""
        if logits.isnan().any():
            raise ModelFailed(
                "The model's output is not a number: its weights are damaged, or overflow their format"
            )
        before = torch.tensor([tokens], device=logits.device)
        scores = self._processors(before, logits.float().unsqueeze(0))
        if self._is_random:
            return int(torch.multinomial(scores.softmax(dim=-1), 1, generator=self._random))
        return int(scores.argmax())


def _processors(sampling: Sampling, settings: Any, bound: LogitsProcessor | None) -> list[LogitsProcessor]:
    """What changes logits, in the order of transformers: penalties, bounds, then what shapes chance."""
    penalty, top_k = settings.repetition_penalty, sampling.top_k or settings.top_k
    processors = [RepetitionPenaltyLogitsProcessor(penalty)] if penalty and penalty != 1 else []
    processors += [bound] if bound else []
    if sampling.temperature > 0:
        processors.append(TemperatureLogitsWarper(sampling.temperature))
        processors += [TopKLogitsWarper(top_k)] if top_k else []
        processors += [TopPLogitsWarper(sampling.top_p)] if sampling.top_p < 1 else []
    return processors
