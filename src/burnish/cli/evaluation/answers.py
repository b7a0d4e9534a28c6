"""What a model answers, shown while it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.cli.display import counter_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from burnish.aws.clients import Clients
    from burnish.cli.display import Display
    from burnish.evaluation import Page, Prediction, Predictor
    from burnish.evaluation.facts import ReadingTime
    from burnish.evaluation.predictors import ConversePredictor


def read_pages(
    display: Display, clients: Clients, asked: Sequence[ConversePredictor], pages: Sequence[Page]
) -> ReadingTime | None:
    """How long the server took to read the pages; None where it has none to read."""
    from burnish.evaluation.reading_ahead import read_ahead

    counter = counter_on(display, "pages read", len(pages))
    found = read_ahead(clients.bedrock_runtime, asked, pages, on_page=counter)
    if found:
        display.show(f"{found.pages} pages read, once for all models")
    return found


def answers_of(display: Display, predictor: Predictor, pages: Sequence[Page]) -> list[Prediction]:
    """The predictions for the pages."""
    counter = counter_on(display, f"pages, {predictor.name}", len(pages))
    found = predictor.predict(pages, counter)
    display.show(f"{predictor.name}: {_outcome(found)}")
    return found


def _outcome(found: Sequence[Prediction]) -> str:
    failed = sum(one.error is not None for one in found)
    if found and failed == len(found):
        return "no page was answered"
    without = f", {failed} without an answer" if failed else ""
    return f"{sum(one.is_right for one in found)} of {len(found)} pages right{without}"
