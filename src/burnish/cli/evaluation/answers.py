"""What a model answers, shown while it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from burnish.cli.display import Display
    from burnish.evaluation import Page, Prediction, Predictor

#: Where answers are kept, beside the report.
ANSWERS_NAME = "answers.jsonl"


def answers_of(predictor: Predictor, pages: Sequence[Page], display: Display) -> list[Prediction]:
    """The predictions for the pages."""
    done = 0

    def on_prediction(_: Prediction) -> None:
        nonlocal done
        done += 1
        display.show(f"pages, {predictor.name}", done=done, total=len(pages))

    found = predictor.predict(pages, on_prediction) if pages else []
    display.show(f"{predictor.name}: {sum(one.is_right for one in found)} of {len(found)} pages right")
    return found
