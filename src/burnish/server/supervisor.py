"""Carries out what was accepted: runs jobs in worker processes, loads and imports models, answers batches.

It polls the store and keeps no list of its own, so that after a restart it goes on with whatever is not
finished. Each job, throughput and deployment is handled by itself: a failure of one holds up no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from burnish.errors import BurnishError
from burnish.server.background import repeat
from burnish.server.batch.answering import RuntimeHandlers
from burnish.server.batch.batch_run import UNFINISHED, BatchRunner
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.places import place_of
from burnish.server.imports.importing import import_model
from burnish.server.inference.process import InferenceProcess
from burnish.server.isolation import Isolation
from burnish.server.job_files import LOGS
from burnish.server.log_folder import trim_logs
from burnish.server.resources import Deployment, EvaluationJob, ImportJob, InvocationJob, Throughput
from burnish.server.training.job_queue import JobQueue
from burnish.server.training.launcher import Launcher
from burnish.server.wire.call import ServiceFault

POLL_SECONDS = 0.2
LOGS_EVERY_SECONDS = 60.0

log = logging.getLogger(__name__)


class Supervisor:
    """Has jobs worked on and models loaded until it is stopped."""

    def __init__(
        self,
        control: Control,
        inference: InferenceProcess,
        runtime: RuntimeHandlers,
        launcher: Launcher,
    ) -> None:
        self._control = control
        self._inference = inference
        self._jobs = JobQueue(control, launcher)
        self._batches = BatchRunner(control, inference, runtime)
        self._isolation = Isolation(control.health)
        self._loading: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Look after jobs, throughputs and deployments until cancelled; then end the workers."""
        health = self._control.health
        await asyncio.to_thread(self._batches.clear_leftovers)
        try:
            await asyncio.gather(
                self._repeat(self._keep_log_folder, part="logs"),
                self._repeat(self._jobs.look_after, part="jobs"),
                self._repeat(self._look_after_serving, part="serving"),
                repeat(self._trim_logs, part="size of logs", every=LOGS_EVERY_SECONDS, health=health),
            )
        finally:
            for task in self._loading.values():
                task.cancel()
            await asyncio.to_thread(self._jobs.end_workers)

    async def _repeat(self, step: Callable[[], Awaitable[None]], *, part: str) -> None:
        await repeat(step, part=part, every=POLL_SECONDS, health=self._control.health)

    async def _keep_log_folder(self) -> None:
        """See that there is a folder for the logs: somebody may have cleared it away."""
        (self._control.data / LOGS).mkdir(exist_ok=True)

    async def _trim_logs(self) -> None:
        await asyncio.to_thread(trim_logs, self._control.data / LOGS)

    async def _look_after_serving(self) -> None:
        store = self._control.store
        for reference in store.references(Throughput, "Creating", "Updating"):
            self._begin(reference.arn, f"throughput {reference.name}", self._serve)
        for reference in store.references(Deployment, "Creating", "Updating"):
            self._begin(reference.arn, f"deployment {reference.name}", self._deploy)
        for reference in store.references(ImportJob, "InProgress"):
            self._begin(reference.arn, f"import {reference.name}", self._import)
        for reference in store.references(InvocationJob, *UNFINISHED):
            self._begin(reference.arn, f"batch {reference.name}", self._batches.run)
        for reference in store.references(EvaluationJob, *UNFINISHED):
            self._begin(reference.arn, f"evaluation {reference.name}", self._batches.run)

    def _begin(self, arn: str, part: str, work: Callable[[str], Awaitable[None]]) -> None:
        """Have something loaded beside everything else. What the task raises, its isolation reports."""
        if arn not in self._loading and self._isolation.is_due(arn):
            task = asyncio.create_task(self._isolation.handle(arn, part, partial(work, arn)))
            # Kept while it runs: asyncio itself holds tasks by weak references only.
            self._loading[arn] = task
            task.add_done_callback(partial(self._forget, arn))

    def _forget(self, arn: str, _: asyncio.Task[None]) -> None:
        self._loading.pop(arn, None)

    async def _serve(self, arn: str) -> None:
        throughput = self._control.store.get(Throughput, arn)
        if throughput is None:
            return
        failure = await self._failure_to_load(throughput.region, throughput.model_arn)
        status = "Failed" if failure else "InService"
        self._control.store.change(Throughput, arn, status=status, failure_message=failure)
        _tell("Throughput", throughput.name, failure)

    async def _deploy(self, arn: str) -> None:
        """Load the model, or the one that is to take its place; the old one answers when that fails."""
        deployment = self._control.store.get(Deployment, arn)
        if deployment is None:
            return
        updating = deployment.status == "Updating"
        model_arn = (deployment.next_model_arn if updating else None) or deployment.model_arn
        failure = await self._failure_to_load(deployment.region, model_arn)
        if failure:
            status = "UpdateFailed" if updating else "Failed"
            self._control.store.change(Deployment, arn, status=status, failure_message=failure)
        else:
            self._control.store.change(Deployment, arn, status="Active", model_arn=model_arn)
        _tell("Deployment", deployment.name, failure)

    async def _import(self, arn: str) -> None:
        if job := self._control.store.get(ImportJob, arn):
            await import_model(self._control, self._inference, job)

    async def _failure_to_load(self, region: str, model_arn: str) -> str | None:
        """Why a model cannot answer; None once it is loaded and can."""
        try:
            await self._inference.load(place_of(self._control, region, model_arn))
        except (BurnishError, ServiceFault) as error:
            return str(error)
        return None


def _tell(kind: str, name: str, failure: str | None) -> None:
    log.info("%s %s: %s", kind, name, f"failed: {failure}" if failure else "ready")
