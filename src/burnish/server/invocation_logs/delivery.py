"""The way of records to S3: noted while requests are answered, and written by somebody else a moment later.

Answers never wait for it. Where S3 cannot be written to, records wait in memory, as many as there is room
for; those beyond are lost, counted, and told in the server's log, in its health and in its metrics.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, NoReturn

from burnish.errors import AccessDenied, BurnishError
from burnish.policies.evaluation import AccessDecision
from burnish.server.background import repeat
from burnish.server.bedrock.control import Control
from burnish.server.invocation_logs.invocations import LOGGED_OPERATIONS, STREAMS, Invocation
from burnish.server.invocation_logs.log_records import record_of
from burnish.server.s3.bucket_policies import bedrock_may_write
from burnish.server.s3.role_storage import ALL_OF_S3, RoleStorage, bucket_and_key
from burnish.server.wire.call import Call, Event, Handler, Handlers, ServiceFault

PART = "invocation logs"
EVERY_SECONDS = 2.0
#: So many invocations wait to be written, of so many bytes together.
MOST_WAITING = 10_000
MOST_WAITING_BYTES = 128 * 2**20
#: So many are written into one object.
MOST_IN_AN_OBJECT = 500
MOST_BYTES_IN_AN_OBJECT = 32 * 2**20
#: How long a server that stops tries to write what waits.
LAST_SECONDS = 5.0
SERVICE = "bedrock-runtime"

log = logging.getLogger(__name__)


class InvocationLog:
    """Notes the invocations of regions that log, and writes them to their buckets."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._storage = RoleStorage(control.objects_endpoint, control.credentials, ALL_OF_S3)
        self._waiting: deque[tuple[Invocation, int]] = deque()
        self._waiting_bytes = 0
        self._told = 0
        #: How many records were lost since the server has started.
        self.lost = 0

    def logged(self, handlers: Handlers) -> dict[tuple[str, str], Handler]:
        """The handlers, whose invocations of models are noted."""
        logged = {(SERVICE, operation) for operation in LOGGED_OPERATIONS}
        return {name: self._logged_one(one) if name in logged else one for name, one in handlers.items()}

    async def run(self) -> NoReturn:
        """Write what is noted, every few seconds, until cancelled."""
        await repeat(self.write_waiting, part=PART, every=EVERY_SECONDS, health=self._control.health)

    async def write_waiting(self) -> None:
        """Write everything that waits. Raises `BurnishError` where it cannot: then it goes on waiting."""
        self._tell_lost()
        while batch := self._next_batch():
            await asyncio.to_thread(self._write, batch)
            for _ in batch:
                self._waiting_bytes -= self._waiting.popleft()[1]

    async def finish(self) -> None:
        """Write what waits before the server ends, if that is done soon. What is not is lost, and told."""
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await self.write_waiting()
        except (BurnishError, TimeoutError) as error:
            self.lost += len(self._waiting)
            log.warning("The last records of the invocation logs cannot be written: %s", error)
        self._tell_lost()

    def _logged_one(self, handler: Handler) -> Handler:
        async def handle(call: Call) -> Mapping[str, Any]:
            configuration = self._control.logging_configurations.get(call.caller.region)
            if configuration is None:
                return await handler(call)
            invocation = Invocation(call=call, configuration=configuration)
            try:
                members = await handler(call)
            except ServiceFault as fault:
                invocation.error_code = fault.code
                self._note(invocation)
                raise
            if stream := STREAMS.get(call.operation):
                return {**members, stream: self._noted_stream(members[stream], invocation)}
            invocation.members = members
            self._note(invocation)
            return members

        return handle

    async def _noted_stream(
        self, events: AsyncGenerator[Event, None], invocation: Invocation
    ) -> AsyncGenerator[Event, None]:
        try:
            async with aclosing(events):
                async for event in events:
                    invocation.events.append(event)
                    yield event
        except ServiceFault as fault:
            invocation.error_code = fault.code
            raise
        finally:  # also where the client has hung up: so much was answered
            self._note(invocation)

    def _note(self, invocation: Invocation) -> None:
        """Have an invocation written soon, or lose it where too many wait."""
        size = invocation.size
        if len(self._waiting) >= MOST_WAITING or self._waiting_bytes + size > MOST_WAITING_BYTES:
            self.lost += 1
            return
        self._waiting.append((invocation, size))
        self._waiting_bytes += size

    def _next_batch(self) -> list[Invocation]:
        """The next that are written into one object: all of one bucket, region and hour."""
        batch: list[Invocation] = []
        total = 0
        for invocation, size in self._waiting:
            is_other = batch and self._folder_of(invocation) != self._folder_of(batch[0])
            if (
                is_other
                or len(batch) == MOST_IN_AN_OBJECT
                or (batch and total + size > MOST_BYTES_IN_AN_OBJECT)
            ):
                break
            batch.append(invocation)
            total += size
        return batch

    def _write(self, batch: Sequence[Invocation]) -> None:
        folder, first = self._folder_of(batch[0]), batch[0]
        self._require_permission(first)
        records = [record_of(invocation, folder) for invocation in batch]
        # What the lines name is there before they are.
        for record in records:
            for uri, content in record.objects.items():
                self._storage.write(uri, content)
        name = f"{first.at:%Y%m%dT%H%M%S}{first.at.microsecond // 1000:03}Z_{secrets.token_hex(8)}.json.gz"
        self._storage.write(f"{folder}/{name}", gzip.compress(b"".join(one.line for one in records)))

    def _folder_of(self, invocation: Invocation) -> str:
        return f"{self._region_folder(invocation)}/{invocation.at:%Y/%m/%d/%H}"

    def _region_folder(self, invocation: Invocation) -> str:
        account_id = self._control.credentials.account_id
        return invocation.configuration.folder(account_id=account_id, region=invocation.call.caller.region)

    def _require_permission(self, invocation: Invocation) -> None:
        """Raise `AccessDenied` where the bucket's policy does not let Bedrock write any more."""
        folder, region = self._region_folder(invocation), invocation.call.caller.region
        if bedrock_may_write(self._storage, folder, region=region) is not AccessDecision.ALLOWED:
            bucket, _ = bucket_and_key(folder)
            raise AccessDenied(
                f"The policy of the bucket {bucket} does not let bedrock.amazonaws.com write {folder}/*"
            )

    def _tell_lost(self) -> None:
        if self.lost > self._told:
            log.warning(
                "%d records of invocations were lost, %d since the server has started: too many waited",
                self.lost - self._told,
                self.lost,
            )
            self._told = self.lost
