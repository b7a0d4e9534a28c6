"""What calls that have not been made will cost: likely, and at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from burnish.evaluation.call_tokens import Sizes, likely_tokens, most_tokens
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
    sizes: Sequence[Sizes],
    prompt: Prompt,
    *,
    price: ModelPrice,
    images: ImageTokens,
    paid: Sequence[Prediction] = (),
) -> CostEstimate:
    """The cost of so many calls, each about pages of one of these sizes.

    ``paid`` are answers that the model has given: they tell better than any rule what another will cost.
    """
    most = [most_tokens(prompt, each, images, answer=prompt.max_answer_tokens) for each in sizes]
    dearest = max((price.of_tokens(one.asked, one.answered) for one in most), default=0.0)
    likely = [likely_tokens(prompt, each, images) for each in sizes]
    taken = [price.of_tokens(one.input_tokens or 0, one.output_tokens or 0) for one in paid]
    mean = fmean(taken or [price.of_tokens(one.asked, one.answered) for one in likely] or [0.0])
    return CostEstimate(likely_usd=calls * mean, most_usd=calls * dearest, most_usd_per_call=dearest)
