"""A batch or an evaluation on its way: validated, answered when it is its turn, and written to S3.

A server that was killed goes on where it was: nothing is answered twice.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from burnish.errors import BurnishError, CannotStart, DiskFull, ServiceUnavailable
from burnish.server.arns import id_in
from burnish.server.batch.answering import UNAVAILABLE, RuntimeHandlers
from burnish.server.batch.batch_folder import BatchFolder, batch_folder, remove_other_folders
from burnish.server.batch.ending import Ending
from burnish.server.batch.evaluation_work import EvaluationWork
from burnish.server.batch.invocation_batch import InvocationBatch
from burnish.server.bedrock.control import Control
from burnish.server.inference.process import InferenceProcess
from burnish.server.resources import EvaluationJob, InvocationJob
from burnish.server.wire.call import ServiceFault

#: How often a batch is looked at for whether it was stopped, and its counts are written.
POLL_SECONDS = 0.5
UNFINISHED = ("Submitted", "Validating", "Scheduled", "InProgress", "Stopping")
#: What is wrong with the disk or the S3 server, and passes: the batch waits for it.
_FAULTS_OF_THE_SERVER = (CannotStart, DiskFull, ServiceUnavailable)


class RecordWork(Protocol):
    """A job that answers records, in the steps that every such job has."""

    @property
    def folder(self) -> BatchFolder:
        """Where it works."""

    def validate(self) -> None:
        """Fetch the input and check it, unless that was done before a kill."""

    def begin(self) -> None:
        """Say that the records are being answered."""

    def ending(self) -> str | None:
        """The status that it ends with where it may not go on; None while it may."""

    async def answer_all(self) -> None:
        """Answer the records that have no answer yet."""

    def keep_counts(self) -> None:
        """Write how many records were answered so far."""

    def write_output(self, ending: Ending) -> Ending:
        """Write what came of it to S3; gives how it ends after all."""

    def settle(self, ending: Ending) -> None:
        """Write how it ended, and clear its folder away."""


class BatchRunner:
    """Takes jobs to their ends, one at a time: each fills the inference process by itself."""

    def __init__(self, control: Control, inference: InferenceProcess, runtime: RuntimeHandlers) -> None:
        self._control = control
        self._inference = inference
        self._runtime = runtime
        self._turn = asyncio.Semaphore(1)

    def clear_leftovers(self) -> None:
        """Remove what a kill has left of jobs that had just ended."""
        store = self._control.store
        unfinished = [
            *store.references(InvocationJob, *UNFINISHED),
            *store.references(EvaluationJob, *UNFINISHED),
        ]
        remove_other_folders(self._control.data, {reference.id for reference in unfinished})

    async def run(self, arn: str) -> None:
        """Take a job as far as it goes, and write down how it ended. Raises what is the server's fault."""
        if work := self._work(arn):
            await self._carry_out(work)

    def _work(self, arn: str) -> RecordWork | None:
        """The batch or the evaluation of an ARN; None where there is nothing left to do for it."""
        store, folder = self._control.store, batch_folder(self._control.data, id_in(arn))
        if (batch := store.get(InvocationJob, arn)) and batch.status in UNFINISHED:
            return InvocationBatch(
                control=self._control,
                inference=self._inference,
                runtime=self._runtime,
                job=batch,
                folder=folder,
            )
        if (evaluation := store.get(EvaluationJob, arn)) and evaluation.status in UNFINISHED:
            return EvaluationWork(
                control=self._control,
                inference=self._inference,
                runtime=self._runtime,
                job=evaluation,
                folder=folder,
            )
        return None

    async def _carry_out(self, batch: RecordWork) -> None:
        try:
            await asyncio.to_thread(batch.validate)
            ending = await self._answered(batch)
            ending = await asyncio.to_thread(batch.write_output, ending)
        except _FAULTS_OF_THE_SERVER as error:
            # Not for ever: a batch that could not be fetched in its time is over.
            if batch.folder.names is not None or not (status := batch.ending()):
                raise
            batch.settle(Ending(status, str(error)))
        except (BurnishError, ServiceFault) as error:
            batch.settle(Ending("Failed", str(error)))
        else:
            batch.settle(ending)

    async def _answered(self, batch: RecordWork) -> Ending:
        """Answer the records when it is the batch's turn; tells how it ends."""
        while self._turn.locked():
            if status := batch.ending():
                return Ending(status)
            await asyncio.sleep(POLL_SECONDS)
        async with self._turn:
            if status := batch.ending():
                return Ending(status)
            batch.begin()
            try:
                return Ending(await self._answered_until_told(batch))
            except ServiceFault as fault:
                if fault.code != UNAVAILABLE:
                    raise
                # What has been answered by then is written.
                return Ending("Failed", fault.message)

    async def _answered_until_told(self, batch: RecordWork) -> str:
        answering = asyncio.create_task(batch.answer_all())
        try:
            while not answering.done():
                await asyncio.wait([answering], timeout=POLL_SECONDS)
                batch.keep_counts()
                if not answering.done() and (ending := batch.ending()):
                    return ending
        finally:
            answering.cancel()
            await asyncio.wait([answering])
        await answering
        return "Completed"
