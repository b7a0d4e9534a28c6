"""Having a server read pages before its models are asked, so that none of them is charged for it.

The models of Burnish's own server see only text. It reads a page when it is first asked about, and not again:
the model that is asked first would look slow by what reading takes. Counting the tokens of a request has its
pages read, and computes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from burnish.evaluation.facts import ReadingTime
from burnish.evaluation.predicting import Page, converse_request
from burnish.evaluation.predictors import ConversePredictor
from burnish.parallel import map_ordered
from burnish.waiting import Clock

#: Pages at a time at most: a server reads with fewer threads, and needs no longer queue.
AT_ONCE = 8


class CountingRuntime(Protocol):
    """The one method of a boto3 ``bedrock-runtime`` client that is used here."""

    def count_tokens(self, **request: object) -> Mapping[str, Any]:
        """Bedrock's CountTokens."""


def reading_needed(predictors: Sequence[ConversePredictor], pages: Sequence[Page]) -> list[ConversePredictor]:
    """The predictors that are going to ask about pages that their server reads first."""
    digests = {page.digest for page in pages}
    return [one for one in predictors if one.identity.reads_pages and one.calls_needed(digests)[0]]


def read_ahead(
    runtime: CountingRuntime,
    predictors: Sequence[ConversePredictor],
    pages: Sequence[Page],
    *,
    on_page: Callable[[object], None] = lambda page: None,
    clock: Clock | None = None,
) -> ReadingTime | None:
    """How long the server took to read the pages; None where it read none, or every answer is there already.

    Models are loaded first, which is neither reading nor answering. A page that cannot be read is passed
    over: asking about it will say why.
    """
    clock = clock or Clock()
    reading = reading_needed(predictors, pages)
    if not reading or not all(_is_counted(runtime, one, None) for one in reading):
        return None
    began, done = clock.now(), 0
    for was_read in map_ordered(lambda page: _is_counted(runtime, reading[0], page), pages, workers=AT_ONCE):
        on_page(was_read)
        done += was_read
    return ReadingTime(pages=done, seconds=clock.now() - began) if done else None


def _is_counted(runtime: CountingRuntime, predictor: ConversePredictor, page: Page | None) -> bool:
    """Count the tokens of the question about a page, or of its text alone. False where that is refused."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        runtime.count_tokens(modelId=predictor.model_id, input={"converse": _question(predictor, page)})
    except (BotoCoreError, ClientError):
        return False
    return True


def _question(predictor: ConversePredictor, page: Page | None) -> dict[str, Any]:
    if page is None:
        return {"messages": [{"role": "user", "content": [{"text": predictor.prompt.task}]}]}
    request = converse_request(predictor.model_id, page, predictor.prompt, predictor.asking)
    return {"system": request["system"], "messages": request["messages"]}
