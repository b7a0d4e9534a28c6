"""Which calls an evaluation makes and what they cost, before any of them is made."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from burnish.cli.output import print_message, show_json, show_table
from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from burnish.evaluation.budget import Budget
    from burnish.evaluation.call_tokens import Sizes
    from burnish.evaluation.comparing import ComparedModels
    from burnish.evaluation.cost_estimates import CostEstimate
    from burnish.evaluation.predictors import ConversePredictor
    from burnish.evaluation.prices import ModelPrice


@dataclass(frozen=True, kw_only=True)
class PlannedCalls:
    """The calls to a model; ``cost`` is None where no price is known."""

    model: str
    calls: int
    answered: int
    cost: CostEstimate | None = None


def affordable_plan(compared: ComparedModels) -> list[PlannedCalls]:
    """The calls that are still to be made.

    Raises `InvalidConfig` where the maximum has no room for a single one, with a maximum that has.
    """
    _count_what_was_paid(compared)
    sizes = compared.chosen.sizes()
    plan = [_planned(one, sizes, compared.prices.get(one.name)) for one in compared.asked]
    if compared.meters:
        _require_room(plan, next(iter(compared.meters.values())).budget)  # they share it
    return plan


def _count_what_was_paid(compared: ComparedModels) -> None:
    """Count on the meters what the answers have cost that are in the journal, whichever model gave them."""
    # The maximum is for the whole evaluation, however often it was begun. Two names may be of one model: its
    # answers were paid for once.
    name_of = {compared.models[name]: name for name in compared.meters}
    for model, name in name_of.items():
        for known in compared.journal.answers_of(model):
            compared.meters[name].pay(known.input_tokens or 0, known.output_tokens or 0)


def _planned(one: ConversePredictor, sizes: Mapping[str, Sizes], price: ModelPrice | None) -> PlannedCalls:
    from burnish.evaluation.cost_estimates import cost_of_calls

    calls, answered = one.calls_needed(sizes)
    planned = PlannedCalls(model=one.name, calls=calls, answered=answered)
    if price is None:
        return planned
    cost = cost_of_calls(
        calls,
        list(sizes.values()),
        one.prompt,
        price=price,
        images=one.identity.image_tokens,
        paid=one.journal.answers_of(one.model_id),
    )
    return replace(planned, cost=cost)


def show_plan(plan: Sequence[PlannedCalls], remarks: Mapping[str, tuple[str, ...]], *, as_json: bool) -> None:
    """Write how many calls would be made, what they would cost, and what is to be said of each model."""
    for remark in (one for on_model in remarks.values() for one in on_model):
        print_message(remark)
    rows = [
        {
            "model": one.model,
            "calls": one.calls,
            "already answered": one.answered,
            "likely usd": one.cost and one.cost.likely_usd,
            "most usd": one.cost and one.cost.most_usd,
        }
        for one in plan
    ]
    if as_json:
        show_json(rows)
        return
    columns = ("model", "calls", "already answered", "about $", "at most $")
    show_table(columns, [tuple(map(_cell, row.values())) for row in rows])
    if said := told_cost(plan):
        print_message(said)
    print_message("No model was called.")


def told_cost(plan: Iterable[PlannedCalls]) -> str:
    """What all calls cost, in a sentence; empty where that is not known, or nothing."""
    known = [one.cost for one in plan if one.cost]
    likely, most = sum(one.likely_usd for one in known), sum(one.most_usd for one in known)
    return f"Estimated cost: {_dollars(likely)}, and {_dollars(most)} at most." if most else ""


def _require_room(plan: Sequence[PlannedCalls], budget: Budget) -> None:
    costs = [one.cost for one in plan if one.cost and one.calls]
    dearest = max((one.most_usd_per_call for one in costs), default=0.0)
    if budget.spent_usd + dearest <= budget.most_usd:
        return
    calls = sum(one.calls for one in plan)
    enough = _rounded_up(budget.spent_usd + sum(one.most_usd for one in costs))
    spent = f"{_dollars(budget.spent_usd)} is spent, and a" if budget.spent_usd else "a"
    likely = _dollars(sum(one.likely_usd for one in costs))
    problem = (
        f"{spent} single call may cost up to {_dollars(dearest)}. {'All ' if calls > 1 else ''}{calls} cost "
        f"about {likely}: with --at-most {enough:g} they are certain to be made"
    )
    raise InvalidConfig(f"The maximum spend of ${budget.most_usd:g}", [problem])


def _cell(value: object) -> object:
    return "-" if value is None else f"{value:.3g}" if isinstance(value, float) else value


def _dollars(usd: float) -> str:
    return f"${usd:.2g}" if usd < 100 else f"${usd:,.0f}"


def _rounded_up(usd: float) -> float:
    """To two digits, never down."""
    scale = 10.0 ** (1 - math.floor(math.log10(usd)))
    return math.ceil(usd * scale) / scale
