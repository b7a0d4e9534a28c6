"""What answers of a model cost."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.errors import InvalidInput
from burnish.families import PriceUnit, base_model_of, model_id_of

#: Batch inference costs half of what single calls cost (Amazon Bedrock's pricing page, November 2026).
BATCH_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class ModelPrice:
    """What a model costs in US dollars: for 1,000 tokens, and for an hour in which it is there."""

    input_usd: float = 0.0
    output_usd: float = 0.0
    hourly_usd: float = 0.0
    #: Who says so, and when.
    source: str = "as given"

    def __post_init__(self) -> None:
        if min(self.input_usd, self.output_usd, self.hourly_usd) < 0:
            raise InvalidInput("A price is negative: give dollars for 1,000 tokens, or for an hour")

    def of_tokens(self, asked: float, answered: float) -> float:
        """What so many input and output tokens cost, in US dollars."""
        return (asked * self.input_usd + answered * self.output_usd) / 1000


def price_of(model_id: str) -> ModelPrice | None:
    """The price of a base model's tokens as its family lists it; None where it is not known."""
    model = base_model_of(model_id_of(model_id))
    # Both or none: half a price would make a model look cheap.
    if model is None or not {PriceUnit.INPUT_TOKENS, PriceUnit.OUTPUT_TOKENS} <= set(model.prices):
        return None
    asked, answered = model.prices[PriceUnit.INPUT_TOKENS], model.prices[PriceUnit.OUTPUT_TOKENS]
    source = f"{asked.source}, {asked.as_of.isoformat()}"
    return ModelPrice(input_usd=asked.usd, output_usd=answered.usd, source=source)
