"""What calls that have not been made will cost: likely, and at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from burnish.evaluation.call_tokens import likely_tokens, most_tokens
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.prices import ModelPrice
from burnish.families import ImageTokens

if TYPE_CHECKING:
    from burnish.extraction_prompts import Prompt


@dataclass(frozen=True, kw_only=True)
class CostEstimate:
    """What a number of calls costs, in US dollars."""

    likely_usd: float
    most_usd: float
    #: Of the dearest single call.
    most_usd_per_call: float


def cost_of_calls(
    calls: int,
    sizes: Sequence[tuple[int, int]],
    prompt: Prompt,
    *,
    price: ModelPrice,
    images: ImageTokens,
    paid: Sequence[Prediction] = (),
) -> CostEstimate:
    """The cost of so many calls about pages of these sizes, in pixels.

    ``paid`` are answers that the model has given: they tell better than any rule what another will cost.
    """
    most = [most_tokens(prompt, size, images, answer=prompt.max_answer_tokens) for size in sizes]
    dearest = max((price.of_tokens(one.asked, one.answered) for one in most), default=0.0)
    likely = [likely_tokens(prompt, size, images) for size in sizes]
    taken = [price.of_tokens(one.input_tokens or 0, one.output_tokens or 0) for one in paid]
    each = fmean(taken or [price.of_tokens(one.asked, one.answered) for one in likely] or [0.0])
    return CostEstimate(likely_usd=calls * each, most_usd=calls * dearest, most_usd_per_call=dearest)
