"""The records of a batch, answered as if each were a request of its own: by the same operations."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias, cast

import msgspec
from msgspec import structs

from burnish.engine.inference_messages import Answer, InferenceRequest, ModelPlace
from burnish.errors import DiskFull
from burnish.server.batch.batch_folder import AnswerJournal, BatchFolder, Tally
from burnish.server.batch.records import AnsweredRecord, BatchRecord, ErrorOfRecord, Outcome, records_in
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.permissions import objects_needed
from burnish.server.databases import StateUnavailable, UnreadableRow
from burnish.server.inference.process import InferenceProcess
from burnish.server.wire import rest_json
from burnish.server.wire.access import Needs, require_access
from burnish.server.wire.call import Call, Handlers, Identity, ServiceFault
from burnish.server.wire.dispatch import INTERNAL_MESSAGE
from burnish.server.wire.routes import RouteMatch
from burnish.server.wire.schema import error_status
from burnish.server.wire.validation import check_parameters

#: Makes the operations of Bedrock Runtime, answered by an inference process.
RuntimeHandlers: TypeAlias = Callable[[Control, InferenceProcess], Handlers]

RUNTIME = "bedrock-runtime"
#: So many texts a model answers in one go.
AT_ONCE = 16
#: So many bytes of records are in work at once, or one that is larger.
MAX_BYTES_AT_ONCE = 64 * 2**20
#: What passes as others are answered: the record is asked about again.
_THROTTLED = "ThrottlingException"
#: No process comes up that could answer. It is waited for, but not until the batch's time is over.
UNAVAILABLE = "ServiceUnavailableException"
MOST_UNAVAILABLE_SECONDS = 600.0
_PAUSE_SECONDS = 1.0
#: So often a record is tried at which the server itself fails.
_TRIES = 3
#: The state cannot be read or written, for this record or any other: the batch waits.
_FAULTS_OF_THE_STATE = (DiskFull, StateUnavailable, UnreadableRow)
#: As a request of its own would have got it.
_INTERNAL = ServiceFault("InternalServerException", INTERNAL_MESSAGE)

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class RecordAnswering:
    """Answers records with one model, which operations know as ``model_id`` and which lies at ``place``.

    Objects that a record names are read with the rights that the ``caller`` has at that moment; ``needs``
    are what else a record needs to be allowed.
    """

    control: Control
    inference: InferenceProcess
    runtime: RuntimeHandlers
    caller: Callable[[], Identity]
    operation: str
    model_id: str
    place: ModelPlace
    needs: Needs = objects_needed

    async def answer_folder(self, folder: BatchFolder, tallies: dict[int, Tally]) -> None:
        """Answer the records that have no answer yet, file by file; what is counted is in ``tallies``."""
        for number in range(len(folder.names or ())):
            with await asyncio.to_thread(folder.journal, number) as journal:
                tallies[number] = journal.tally
                records = records_in(folder.input(number))
                await self.answer_all(islice(records, journal.tally.records, None), journal)

    async def answer_all(self, records: Iterable[BatchRecord], journal: AnswerJournal) -> None:
        """Answer records, several at once, and write the answers in the order of the records."""
        pending: list[tuple[asyncio.Task[Outcome], int]] = []
        try:
            for record in records:
                size = len(record.model_input)
                while pending and (
                    len(pending) == AT_ONCE or size + sum(held for _, held in pending) > MAX_BYTES_AT_ONCE
                ):
                    await self._settle_first(pending, journal)
                pending.append((asyncio.create_task(self.answer(record)), size))
            while pending:
                await self._settle_first(pending, journal)
        finally:
            for task, _ in pending:
                task.cancel()
                # What came of it is not written; the error that ended all is told by the first of them.
                with suppress(asyncio.CancelledError, Exception):
                    await task

    async def _settle_first(
        self, pending: list[tuple[asyncio.Task[Outcome], int]], journal: AnswerJournal
    ) -> None:
        journal.append(await pending[0][0])
        del pending[0]

    async def answer(self, record: BatchRecord) -> Outcome:
        """The answer to a record, or the error that a request of its own would have got.

        Raises the fault `UNAVAILABLE` where nothing can answer for too long.
        """
        tries, since = 0, None
        while True:
            model = _CountingModel(self.inference, self.place)
            try:
                body = await self._output_of(record, model)
            except ServiceFault as fault:
                if fault.code not in (_THROTTLED, UNAVAILABLE):
                    return _outcome(record, model, error=_error_of(fault))
                since = _unavailable_since(fault, since)
            except _FAULTS_OF_THE_STATE:
                raise
            except Exception:
                tries += 1
                log.exception("The record %r could not be answered (try %d)", record.record_id, tries)
                if tries == _TRIES:
                    return _outcome(record, model, error=_error_of(_INTERNAL))
            else:
                return _outcome(record, model, output=body)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _output_of(self, record: BatchRecord, model: _CountingModel) -> bytes:
        parameters = await asyncio.to_thread(self._checked_parameters, bytes(record.model_input))
        # It is what the operations ask of the process, for one record.
        handlers = self.runtime(self.control, cast(InferenceProcess, model))
        call = Call(service=RUNTIME, operation=self.operation, parameters=parameters, caller=self.caller())
        require_access(call, {(RUNTIME, self.operation): self.needs})
        members = await handlers[RUNTIME, self.operation](call)
        return bytes(rest_json.response_for(RUNTIME, self.operation, members).body)

    def _checked_parameters(self, body: bytes) -> Mapping[str, Any]:
        match = RouteMatch(service=RUNTIME, operation=self.operation, parameters={"modelId": self.model_id})
        try:
            parameters = rest_json.parameters_of(match, query="", headers={}, body=body)
            check_parameters(RUNTIME, self.operation, parameters, code="ValidationException")
        except RecursionError as error:
            raise ServiceFault("SerializationException", "The modelInput is nested too deeply") from error
        return parameters


class _CountingModel:
    """The inference process as one record sees it: with the job's model, and its tokens counted."""

    def __init__(self, inference: InferenceProcess, place: ModelPlace) -> None:
        self._inference = inference
        self._place = place
        self.input_tokens = 0
        self.output_tokens = 0

    async def answer(self, request: InferenceRequest) -> Answer:
        """The answer to a request."""
        answer = await self._inference.answer(structs.replace(request, place=self._place))
        self.input_tokens += answer.input_tokens
        self.output_tokens += answer.output_tokens
        return answer


def _unavailable_since(fault: ServiceFault, since: float | None) -> float | None:
    """Since when nothing can answer; None where it can, and is busy. Raises the fault after too long."""
    if fault.code == _THROTTLED:
        return None
    now = time.monotonic()
    if since is not None and now - since > MOST_UNAVAILABLE_SECONDS:
        raise fault
    return now if since is None else since


def _error_of(fault: ServiceFault) -> ErrorOfRecord:
    return ErrorOfRecord(error_code=error_status(RUNTIME, fault.code), error_message=fault.message)


def _outcome(
    record: BatchRecord,
    model: _CountingModel,
    *,
    output: bytes | None = None,
    error: ErrorOfRecord | None = None,
) -> Outcome:
    answered = AnsweredRecord(
        record_id=record.record_id,
        model_input=record.model_input,
        model_output=None if output is None else msgspec.Raw(output),
        error=error,
    )
    return Outcome(
        line=msgspec.json.encode(answered) + b"\n",
        is_error=error is not None,
        input_tokens=model.input_tokens,
        output_tokens=model.output_tokens,
    )
