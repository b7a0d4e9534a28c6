"""What clients may ask for. A member that is not listed is refused by its name."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec

from burnish.chat_records import ChatMessage
from burnish.errors import InvalidRecords
from burnish.json_lines import value_in
from burnish.server.openai.errors import RequestRefused, refusal_of_body

Auto = Literal["auto"]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the body of a request, or a part of it, may have."""


class JsonSchema(Asked, frozen=True, kw_only=True):
    """The schema that an answer is bound to."""

    name: str
    schema: dict[str, Any]
    strict: bool | None = None
    description: str | None = None


class ResponseFormat(Asked, frozen=True, kw_only=True):
    """Free text, or JSON that is valid by a schema."""

    type: Literal["text", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(Asked, frozen=True, kw_only=True):
    """What a stream has beside the text."""

    include_usage: bool = False


class ChatRequest(Asked, frozen=True, kw_only=True):
    """A request to a model."""

    model: str
    messages: list[ChatMessage]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    response_format: ResponseFormat | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    n: Literal[1] | None = None
    user: str | None = None


class Hyperparameters(Asked, frozen=True, kw_only=True):
    """How a model is tuned."""

    n_epochs: int | Auto | None = None
    batch_size: int | Auto | None = None
    learning_rate_multiplier: float | Auto | None = None

    @property
    def given(self) -> dict[str, float]:
        """Those that are numbers."""
        members = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in members.items() if value not in (None, "auto")}


class Supervised(Asked, frozen=True, kw_only=True):
    """Supervised fine-tuning."""

    hyperparameters: Hyperparameters = Hyperparameters()


class Method(Asked, frozen=True, kw_only=True):
    """The way of tuning. There is one here; OpenAI's others are refused by name."""

    type: Literal["supervised", "dpo", "reinforcement"]
    supervised: Supervised = Supervised()
    dpo: dict[str, Any] = {}
    reinforcement: dict[str, Any] = {}


class TuningRequest(Asked, frozen=True, kw_only=True):
    """A request for a fine-tuning job."""

    model: str
    training_file: str
    validation_file: str | None = None
    method: Method | None = None
    #: The older place of the hyperparameters.
    hyperparameters: Hyperparameters | None = None
    suffix: str | None = None
    seed: int | None = None
    metadata: dict[str, str] | None = None

    @property
    def tuning(self) -> Hyperparameters:
        """The hyperparameters, wherever they are."""
        return (
            self.method.supervised.hyperparameters
            if self.method
            else self.hyperparameters or Hyperparameters()
        )


Kind = TypeVar("Kind", bound=Asked)


def read_request(body: bytes, kind: type[Kind]) -> Kind:
    """A request as its body has it. Raises `RequestRefused`, naming the member at fault."""
    try:
        value_in(body)  # duplicate members and lone surrogates, which would be passed over
        return msgspec.json.decode(body, type=kind)
    except InvalidRecords as error:
        raise RequestRefused(f"The request's body {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refusal_of_body(error) from error
