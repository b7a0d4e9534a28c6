"""One batch inference job at work: fetched, validated, answered, and written to S3 with its manifest."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from functools import partial

import msgspec

from burnish.errors import InvalidInput
from burnish.server.batch.answering import RUNTIME, RecordAnswering, RuntimeHandlers
from burnish.server.batch.batch_folder import BatchFolder, Tally, total_of
from burnish.server.batch.ending import Ending
from burnish.server.batch.input_files import fetch_input
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.places import batch_place
from burnish.server.bedrock.role_access import role_identity, role_storage
from burnish.server.inference.process import InferenceProcess
from burnish.server.resources import InvocationJob
from burnish.server.s3.role_storage import RoleStorage

MAX_MESSAGE_LENGTH = 2048
MANIFEST = "manifest.json.out"

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class InvocationBatch:
    """A batch at work: its job, its folder, and what was counted of each file."""

    control: Control
    inference: InferenceProcess
    runtime: RuntimeHandlers
    job: InvocationJob
    folder: BatchFolder
    tallies: dict[int, Tally] = field(default_factory=dict)

    def validate(self) -> None:
        """Fetch the input and check it, unless an earlier start of the server has: then count its answers."""
        self._advance("Submitted", "Validating")
        operation = self.job.batch_request.model_invocation_type
        if (RUNTIME, operation) not in self.runtime(self.control, self.inference):
            raise InvalidInput(f"This server does not support {operation}: give another modelInvocationType")
        if self.folder.names is None:
            source, data = self.job.batch_request.input, self.control.data
            fetched = fetch_input(self._storage(), source, self.folder, data=data)
            self.control.store.change(InvocationJob, self.job.arn, total_records=sum(fetched.values()))
            self.folder.keep_names(list(fetched))
        self.tallies.update(self.folder.tallies())
        self._advance("Validating", "Scheduled")

    def begin(self) -> None:
        """Say that the records are being answered."""
        self._advance("Scheduled", "InProgress")

    def _advance(self, from_status: str, to_status: str) -> None:
        """Take the job a step on, unless somebody has stopped it."""
        self.control.store.change(
            InvocationJob, self.job.arn, expected={"status": from_status}, status=to_status
        )

    def ending(self) -> str | None:
        """How the batch ends where it may not go on: it was stopped, or its time is over."""
        job = self.control.store.get(InvocationJob, self.job.arn)
        if job is None or job.status == "Stopping":
            return "Stopped"
        if time.time() < job.expires_at:
            return None
        return "PartiallyCompleted" if job.status == "InProgress" else "Expired"

    async def answer_all(self) -> None:
        """Answer the records that have no answer yet, file by file."""
        request = self.job.batch_request
        model_id, place = batch_place(self.control, self.job.region, request.model_id)
        answering = RecordAnswering(
            control=self.control,
            inference=self.inference,
            runtime=self.runtime,
            caller=partial(role_identity, self.control, request.role_arn, self.job.arn),
            operation=request.model_invocation_type,
            model_id=model_id,
            place=place,
        )
        await answering.answer_folder(self.folder, self.tallies)

    def keep_counts(self) -> None:
        """Write how many records were answered so far."""
        counted = total_of(self.tallies.values())
        self.control.store.change(
            InvocationJob, self.job.arn, successes=counted.successes, failures=counted.failures
        )

    def write_output(self, ending: Ending) -> Ending:
        """Put the answers that there are into S3, and the manifest that counts them."""
        storage = self._storage()
        folder = f"{self.job.batch_request.output.s3_uri.rstrip('/')}/{self.job.id}"
        for number, name in enumerate(self.folder.names or ()):
            with self.folder.output(number).open("rb") as lines:
                storage.write(f"{folder}/{name}.out", lines)
        storage.write(f"{folder}/{MANIFEST}", self._manifest())
        return ending

    def _manifest(self) -> bytes:
        job, counted = (
            self.control.store.get(InvocationJob, self.job.arn) or self.job,
            total_of(self.tallies.values()),
        )
        return msgspec.json.encode(
            {
                "totalRecordCount": job.total_records or 0,
                "processedRecordCount": counted.records,
                "successRecordCount": counted.successes,
                "errorRecordCount": counted.failures,
                "inputTokenCount": counted.input_tokens,
                "outputTokenCount": counted.output_tokens,
            }
        )

    def settle(self, ending: Ending) -> None:
        """Write how the job ended, and clear its folder away."""
        status, message = ending.status, ending.message
        said = message and message[:MAX_MESSAGE_LENGTH]
        end = partial(
            self.control.store.change, InvocationJob, self.job.arn, ended_at=time.time(), message=said
        )
        if status != "Completed":
            end(status=status)
        elif not end(expected={"status": "InProgress"}, status=status):
            end(status="Stopped")  # at its last moment
        self.folder.remove()
        log.info("Batch %s: %s%s", self.job.name, status, f": {message}" if message else "")

    def _storage(self) -> RoleStorage:
        return role_storage(self.control, self.job.batch_request.role_arn, self.job.arn)
