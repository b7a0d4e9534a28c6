"""What a model answers for every held-out page, as fast as the service allows."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from burnish.datasets.documents import joint_digest
from burnish.errors import InvalidConfig
from burnish.evaluation.answer_reading import read_answer
from burnish.evaluation.budget import BudgetSpent, Meter
from burnish.evaluation.call_tokens import most_tokens
from burnish.evaluation.pacing import CallOutcome, Pace, Patience
from burnish.evaluation.response_fields import probabilities_in, typicality_in
from burnish.evaluation.worker_threads import in_threads
from burnish.families import ImageTokens

if TYPE_CHECKING:
    from burnish.extraction_prompts import Prompt

#: A page is unlike those of the training at this p-value or less; so are as many of those that are like them.
UNLIKE_TRAINING = 0.05
#: The code of a page about which nobody was asked, and that has no answer that somebody had already.
UNANSWERED = "Unanswered"
#: The code of an answer that was withdrawn because another model had come to stand behind the name.
MODEL_CHANGED = "ModelChanged"
#: What Bedrock calls a request that a model does not take as it is put.
REFUSED = "ValidationException"
#: Bedrock sends no Retry-After: that it was too fast is all that is known, and the pace is found by trying.
_THROTTLING = frozenset({"ThrottlingException", "ModelNotReadyException", "ServiceUnavailableException"})
_THROTTLING_STATUS = frozenset({429, 503})
_TROUBLE_STATUS = frozenset({500, 502, 504})


@dataclass(frozen=True, kw_only=True)
class Page:
    """A held-out page: what it is called (``invoice/003.pdf``), what it is, and its image.

    Where fields are extracted it is a document, asked about with all of its pages.

    What it is, is its label, or its fields as canonical JSON (`burnish.evaluation.field_values`).
    """

    name: str
    label: str
    png: bytes
    #: The pages after it.
    further: tuple[bytes, ...] = ()

    @property
    def images(self) -> tuple[bytes, ...]:
        """All that is shown to a model."""
        return (self.png, *self.further)

    @property
    def digest(self) -> str:
        """The SHA-256 of the image, as the manifest of a data set has it; one for all where they are more."""
        return joint_digest([hashlib.sha256(image).hexdigest() for image in self.images])

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Width and height of each image in pixels, as its header has them."""
        # A PNG's first chunk begins with both. The image is not decoded for it: pages are many.
        return tuple((int.from_bytes(image[16:20]), int.from_bytes(image[20:24])) for image in self.images)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a model made of a page. A failed call is a prediction too: with its ``error`` and no answer."""

    page: str
    label: str
    answer: str | None = None
    #: The label or the fields that the answer names, as the page's own are written; None where it names none.
    predicted: str | None = None
    probabilities: Mapping[str, float] | None = None
    #: The share of training pages that are no more typical than this page, a p-value; None where the model
    #: does not tell.
    typicality: float | None = None
    #: Why the probabilities that came with the answer are none, where some came.
    unusable_probabilities: str | None = None
    #: Why there is no answer, for a reader: nothing is decided by its wording.
    error: str | None = None
    #: What kind of error it is: the service's own code, the name of botocore's class where no answer came, or
    #: a code of ours. Files of earlier versions have none.
    error_code: str | None = None
    #: How long the last call took, without the waiting before it.
    seconds: float
    #: When that call began, in seconds after the first page's turn came.
    asked_at: float = 0.0
    input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def is_right(self) -> bool:
        """Whether the page's own label was found."""
        return self.predicted == self.label

    @property
    def is_unlike_training(self) -> bool:
        """Whether the page is unlike those that the model was trained on, so that no label may fit."""
        return self.typicality is not None and self.typicality <= UNLIKE_TRAINING

    @property
    def probability(self) -> float | None:
        """The probability that the model gave to the label it predicted, where it says so."""
        if self.probabilities is None or self.predicted is None:
            return None
        return self.probabilities.get(self.predicted)


def unanswered(page: Page) -> Prediction:
    """The prediction for a page that somebody's answers do not answer."""
    return Prediction(
        page=page.name,
        label=page.label,
        error="there is no answer for it",
        error_code=UNANSWERED,
        seconds=0.0,
    )


def with_error_code(prediction: Prediction) -> Prediction:
    """A prediction as this version writes it, from a file that was written before errors had codes.

    Only pages without an answer are told from failed calls; what code those had is not known any more.
    """
    # The one text that is compared, and for ever as it was then.
    if prediction.error_code is None and prediction.error == "there is no answer for it":
        return replace(prediction, error_code=UNANSWERED)
    return prediction


@dataclass(frozen=True, kw_only=True)
class Asking:
    """How a model is asked."""

    #: Calls at a time at most; fewer while the service refuses.
    concurrency: int = 8
    #: Whether the service is asked to decide among the labels (Converse's ``outputConfig``).
    structured: bool = True
    #: 0 asks for the likeliest answer; more is for samples that may differ.
    temperature: float = 0.0
    patience: Patience = field(default_factory=Patience)
    #: Where calls are paid and bounded, and how the model's family counts the tokens of a page for it.
    meter: Meter | None = None
    images: ImageTokens = field(default_factory=ImageTokens)

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise InvalidConfig("The evaluation", [f"concurrency is {self.concurrency}: give at least 1"])


class Runtime(Protocol):
    """The one method of a boto3 ``bedrock-runtime`` client that is used here."""

    def converse(self, **request: object) -> Mapping[str, Any]:
        """Bedrock's Converse."""


@dataclass(frozen=True)
class _Outcome:
    prediction: Prediction
    verdict: CallOutcome = CallOutcome.DONE
    #: Whether the model may have answered, and been paid for it, though no answer has arrived.
    may_be_billed: bool = False


def predict(
    runtime: Runtime,
    model_id: str,
    pages: Sequence[Page],
    prompt: Prompt,
    asking: Asking | None = None,
    *,
    on_prediction: Callable[[Prediction], None] | None = None,
) -> list[Prediction]:
    """The model's predictions, in the order of the pages.

    Refusals for being too fast are tried again, at a slower pace, as often as patience allows, and so are
    errors of the service itself and dropped connections; any other failure, and one that stays, becomes a
    prediction with its error. ``on_prediction`` is called in the caller's thread, in the order in which
    answers arrive. Raises `BudgetSpent`, once calls under way have ended, where the meter leaves no room for
    the rest. Interrupting it, or an error in ``on_prediction``, drops what has not begun; calls that are
    under way end on their own and hold up nothing.
    """
    found: dict[int, Prediction] = {}
    with closing(predictions(runtime, model_id, pages, prompt, asking)) as results:
        for index, result in results:
            found[index] = result
            if on_prediction:
                on_prediction(result)
    # In the order of the pages, whatever order they were answered in: reports of two runs can be compared.
    return [found[index] for index in range(len(pages))]


def predictions(
    runtime: Runtime, model_id: str, pages: Iterable[Page], prompt: Prompt, asking: Asking | None = None
) -> Generator[tuple[int, Prediction]]:
    """The place of each page and the model's prediction, as `predict` makes it, in the order of arrival.

    Pages are taken from their source only as calls begin: there may be any number of them. Where the meter
    has no room for another call, no page is taken any more, and `BudgetSpent` is raised at the end.
    """
    asking = asking or Asking()
    pace = Pace(asking.concurrency, asking.patience)
    began = time.perf_counter()

    def predict_one(page: Page) -> Prediction:
        request = converse_request(model_id, page, prompt, asking)
        outcome = pace.until_done(
            lambda: _ask_within(asking, runtime, request, page, prompt),
            lambda outcome: outcome.verdict,
        )
        found = outcome.prediction
        return replace(found, asked_at=max(0.0, time.perf_counter() - found.seconds - began))

    unasked: BudgetSpent | None = None
    with closing(in_threads(predict_one, pages, threads=asking.concurrency, pace=pace)) as results:
        for index, result in results:
            if isinstance(result, BudgetSpent):
                unasked = result
            else:
                yield index, result
    if unasked:
        raise unasked


def converse_request(model_id: str, page: Page, prompt: Prompt, asking: Asking) -> dict[str, Any]:
    """The arguments of ``converse`` that ask about one page, in the shape that a model was trained on."""
    sources = [{"bytes": image} for image in page.images]
    return {"modelId": model_id, **request_about(sources, prompt, asking)}


def request_about(sources: Sequence[Mapping[str, object]], prompt: Prompt, asking: Asking) -> dict[str, Any]:
    """What is asked about the pages from these sources, and how, whoever is asked."""
    images = [{"image": {"format": "png", "source": source}} for source in sources]
    request: dict[str, Any] = {
        "system": [{"text": prompt.system}],
        "messages": [{"role": "user", "content": [{"text": prompt.task}, *images]}],
        "inferenceConfig": {"maxTokens": prompt.max_answer_tokens, "temperature": asking.temperature},
    }
    if asking.structured:
        schema = {"schema": prompt.json_schema, "name": prompt.answer_name}
        request["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}
    return request


def _ask_within(
    asking: Asking, runtime: Runtime, request: Mapping[str, Any], page: Page, prompt: Prompt
) -> _Outcome:
    if asking.meter is None:
        return _ask(runtime, request, page, prompt)
    most = most_tokens(prompt, page.sizes, asking.images, answer=prompt.max_answer_tokens)
    with asking.meter.one_call(most) as payment:
        outcome = _ask(runtime, request, page, prompt)
        found = outcome.prediction
        if found.input_tokens is not None and found.output_tokens is not None:
            payment.tokens(found.input_tokens, found.output_tokens)
        elif found.error is not None and not outcome.may_be_billed:
            payment.nothing()
    return outcome


def _ask(runtime: Runtime, request: Mapping[str, Any], page: Page, prompt: Prompt) -> _Outcome:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectionClosedError,
        HTTPClientError,
        IncompleteReadError,
        ResponseStreamingError,
    )

    began = time.perf_counter()
    try:
        response = runtime.converse(**request)
    except ClientError as error:
        said = error.response.get("Error", {})
        # Not botocore's own text, which goes around it with what no reader needs.
        message = said.get("Message") or str(error)
        return _Outcome(_failure(page, message, said.get("Code"), began), _verdict_on(error.response))
    except BotoCoreError as error:
        # A connection that was dropped is worth another try. Other failures, such as an unknown host or a
        # request that botocore refuses to send, are the same the next time.
        dropped = isinstance(error, ConnectionClosedError | ResponseStreamingError)
        verdict = CallOutcome.IN_TROUBLE if dropped else CallOutcome.DONE
        name = type(error).__name__
        failure = _failure(page, f"{name}: {error}", name, began)
        return _Outcome(
            failure, verdict, may_be_billed=isinstance(error, HTTPClientError | IncompleteReadError)
        )
    return _Outcome(answered_prediction(page, response, prompt, seconds=time.perf_counter() - began))


def _verdict_on(response: Mapping[str, Any]) -> CallOutcome:
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if response.get("Error", {}).get("Code") in _THROTTLING or status in _THROTTLING_STATUS:
        return CallOutcome.TOO_FAST
    return CallOutcome.IN_TROUBLE if status in _TROUBLE_STATUS else CallOutcome.DONE


def _failure(page: Page, error: str, code: str | None, began: float) -> Prediction:
    seconds = time.perf_counter() - began
    return Prediction(page=page.name, label=page.label, error=error, error_code=code, seconds=seconds)


def answered_prediction(
    page: Page, response: Mapping[str, Any], prompt: Prompt, *, seconds: float
) -> Prediction:
    """The prediction in an answer of Converse, whichever way it came."""
    blocks = response.get("output", {}).get("message", {}).get("content", [])
    # All blocks: a model may answer in several, and begin with one that holds no text.
    answer = "".join(block.get("text", "") for block in blocks)
    usage = response.get("usage", {})
    fields = response.get("additionalModelResponseFields")
    probabilities, unusable = probabilities_in(fields, prompt.labels)
    return Prediction(
        page=page.name,
        label=page.label,
        answer=answer,
        predicted=read_answer(answer, prompt),
        probabilities=probabilities,
        unusable_probabilities=unusable,
        typicality=typicality_in(fields),
        seconds=seconds,
        input_tokens=usage.get("inputTokens"),
        output_tokens=usage.get("outputTokens"),
    )
