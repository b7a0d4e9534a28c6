"""Faults on purpose, by ``--faults FILE``: what a client of Bedrock sees on a bad day, as often as is wanted.

Only whoever signs rightly, with parameters that are right, meets them: they stand in the place of the answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Annotated, Any

import msgspec

from burnish.errors import InvalidConfig
from burnish.names import FAULT_HEADER
from burnish.server.wire.call import (
    Call,
    Event,
    Handler,
    Handlers,
    HangUp,
    ServiceFault,
    WithHeaders,
    stream_in,
    with_stream,
)
from burnish.server.wire.schema import service_model
from burnish.suggestions import did_you_mean

SERVICES = ("bedrock", "bedrock-runtime", "iam", "sts")
EVERY_OPERATION = "*"
MAX_DELAY_SECONDS = 3600.0

_log = logging.getLogger(__name__)


class FaultKind(StrEnum):
    """What comes in the place of an answer, before it, or in the middle of one that is a stream."""

    THROTTLE = "throttle"
    FAIL = "fail"
    DELAY = "delay"
    DROP = "drop"


class PlannedFault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``[[fault]]`` of the file: what happens to which share of an operation's requests."""

    operation: str
    kind: FaultKind
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    seconds: Annotated[float, msgspec.Meta(gt=0, le=MAX_DELAY_SECONDS)] | None = None
    #: It happens in a stream, once so many of its events, or of its bytes, have been sent.
    after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    after_bytes: Annotated[int, msgspec.Meta(ge=0)] | None = None
    #: Which of the exceptions that a stream declares ends it.
    exception: str | None = None

    @property
    def is_in_stream(self) -> bool:
        """Whether an answer begins before it happens."""
        return self.after is not None or self.after_bytes is not None


class FaultPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. With the same ``seed`` the same requests, counted in their order, meet faults."""

    fault: tuple[PlannedFault, ...]
    seed: int = 0


def plan_in(file: Path) -> FaultPlan:
    """The plan in a TOML file. Raises `InvalidConfig`, which names the line or the field that is wrong."""
    try:
        plan = msgspec.toml.decode(file.read_bytes(), type=FaultPlan)
    except OSError as error:
        raise InvalidConfig(f"--faults {str(file)!r}", [f"it cannot be read: {error.strerror}"]) from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise InvalidConfig(f"--faults {str(file)!r}", [str(error)]) from error
    if problems := [*_problems(plan)]:
        raise InvalidConfig(f"--faults {str(file)!r}", problems)
    return plan


def with_faults(handlers: Handlers, plan: FaultPlan) -> dict[tuple[str, str], Handler]:
    """The handlers, of which those that the plan names meet its faults."""
    strikes = [(fault, _chance(plan.seed, number)) for number, fault in enumerate(plan.fault)]
    return {
        (service, operation): _struck(handler, of_operation) if of_operation else handler
        for (service, operation), handler in handlers.items()
        for of_operation in [
            [strike for strike in strikes if strike[0].operation in (EVERY_OPERATION, operation)]
        ]
    }


def _problems(plan: FaultPlan) -> list[str]:
    operations = {name for service in SERVICES for name in service_model(service).operation_names}
    problems = []
    for number, fault in enumerate(plan.fault):
        if fault.operation not in operations and fault.operation != EVERY_OPERATION:
            near = did_you_mean(fault.operation, operations)
            problems.append(
                f"no service has the operation {fault.operation!r} - at `$.fault[{number}].operation`{near}"
            )
        if (fault.kind is FaultKind.DELAY) != (fault.seconds is not None):
            problems.append(f"a delay has `seconds`, and nothing else has - at `$.fault[{number}]`")
        problems += [f"{problem} - at `$.fault[{number}]`" for problem in _stream_problems(fault)]
    return problems


def _stream_problems(fault: PlannedFault) -> Iterator[str]:
    exceptions = exceptions_of(fault.operation)
    if fault.is_in_stream and not exceptions:
        yield "`after` and `after_bytes` are for operations that answer with a stream"
    if fault.after_bytes is not None and (fault.kind is not FaultKind.DROP or fault.after is not None):
        yield "`after_bytes` is for a drop, in the place of `after`"
    if fault.exception is None:
        return
    if fault.kind is not FaultKind.FAIL or fault.after is None:
        yield '`exception` is for `kind = "fail"` with `after`'
    elif exceptions and fault.exception not in exceptions:
        yield f"the stream of {fault.operation} has {', '.join(sorted(exceptions))}, not {fault.exception!r}"


def exceptions_of(operation: str) -> Mapping[str, str]:
    """The exceptions that an operation's stream declares, and their codes; none of other operations."""
    runtime = service_model("bedrock-runtime")
    if operation not in runtime.operation_names:
        return {}
    stream = runtime.operation_model(operation).get_event_stream_output()
    members = stream.members.items() if stream else ()
    return {name: member.error_code for name, member in members if member.metadata.get("exception")}


def _struck(handler: Handler, strikes: Sequence[tuple[PlannedFault, Random]]) -> Handler:
    async def struck(call: Call) -> Mapping[str, Any]:
        # Each draws for every request, so that one fault does not change which requests meet another.
        meeting = [fault for fault, random in strikes if random.random() < fault.share]
        if not meeting:
            return await handler(call)
        fault = meeting[0]
        _log.info("A planned fault for %s: %s", call.operation, fault.kind)
        if fault.is_in_stream:
            return _struck_in_stream(await handler(call), fault, call)
        if fault.kind is not FaultKind.DELAY:
            raise _raised(fault.kind, call)
        await asyncio.sleep(fault.seconds or 0)
        return _marked(await handler(call), fault.kind)

    return struck


def _struck_in_stream(members: Mapping[str, Any], fault: PlannedFault, call: Call) -> Mapping[str, Any]:
    """An answer that begins well."""
    marked, stream = _marked(members, fault.kind), stream_in(members)
    if stream is None:
        return marked
    if fault.after_bytes is not None:
        return WithHeaders(marked, marked.headers, cut_after=fault.after_bytes)
    return with_stream(marked, stream, _struck_events(members[stream], fault, call))


async def _struck_events(
    events: AsyncGenerator[Event, None], fault: PlannedFault, call: Call
) -> AsyncGenerator[Event, None]:
    sent = 0
    async with aclosing(events):
        async for event in events:
            if sent == fault.after:
                await _strike(fault, call)
            yield event
            sent += 1


async def _strike(fault: PlannedFault, call: Call) -> None:
    if fault.kind is not FaultKind.DELAY:
        raise _raised(fault.kind, call, exception=fault.exception)
    await asyncio.sleep(fault.seconds or 0)


def _chance(seed: int, number: int) -> Random:
    return Random(f"{seed} {number}")  # noqa: S311  chance that can be repeated, and no secret


def _raised(kind: FaultKind, call: Call, *, exception: str | None = None) -> Exception:
    if kind is FaultKind.DROP:
        return HangUp()
    is_rest = call.service.startswith("bedrock")
    if kind is FaultKind.THROTTLE:
        code = "ThrottlingException" if is_rest else "Throttling"
        fault = ServiceFault(code, "Too many requests, please wait before trying again (a planned fault)")
    else:
        code = "InternalServerException" if is_rest else "ServiceFailure"
        code = exceptions_of(call.operation)[exception] if exception else code
        fault = ServiceFault(code, "The server could not answer (a planned fault)")
    fault.headers = {FAULT_HEADER: kind}
    return fault


def _marked(members: Mapping[str, Any], kind: FaultKind) -> WithHeaders:
    headers = members.headers if isinstance(members, WithHeaders) else {}
    return WithHeaders(members, {**headers, FAULT_HEADER: kind})
