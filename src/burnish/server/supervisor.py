"""Sees to it that what was accepted is done: jobs by a worker process, one at a time; models by loading them.

It looks at the store, not at memory: after a restart it goes on with whatever is not finished.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from burnish.errors import BurnishError
from burnish.server.background import repeat
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.places import place_of, weights_behind
from burnish.server.inference import InferenceProcess
from burnish.server.store import Deployment, Job, Throughput
from burnish.server.wire.call import ServiceFault
from burnish.tether import Tethered, start

LOOK_EVERY_SECONDS = 0.2
MOST_ATTEMPTS = 3
WORKER_GRACE_SECONDS = 2.0
WORKER = "burnish.server.worker"


class Supervisor:
    """Starts workers and loads models until it is stopped."""

    def __init__(self, control: Control, inference: InferenceProcess) -> None:
        self._control = control
        self._inference = inference
        self._worker: tuple[str, Tethered] | None = None
        self._loading: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Look after jobs, throughputs and deployments until cancelled; then end the worker."""
        try:
            await asyncio.gather(
                self._repeat(self._look_after_jobs, part="jobs"),
                self._repeat(self._look_after_serving, part="serving"),
            )
        finally:
            for task in self._loading.values():
                task.cancel()
            if self._worker:
                await asyncio.to_thread(self._break_off, *self._worker)

    async def _repeat(self, step: Callable[[], Awaitable[None]], *, part: str) -> None:
        await repeat(step, part=part, every=LOOK_EVERY_SECONDS, health=self._control.health)

    async def _look_after_jobs(self) -> None:
        store = self._control.store
        if self._worker and self._worker[1].has_ended:
            self._worker = None
        working_on = self._worker[0] if self._worker else None
        for job in store.with_status(Job, "InProgress", "Stopping"):
            if job.arn == working_on:
                continue
            if job.status == "Stopping":
                store.change(Job, job.arn, status="Stopped", ended_at=time.time())
            elif job.attempts >= MOST_ATTEMPTS:
                self._give_up(job)
            elif self._worker is None:
                self._worker = (job.arn, self._started(job))
                working_on = job.arn

    def _started(self, job: Job) -> Tethered:
        control = self._control
        control.store.change(Job, job.arn, attempts=job.attempts + 1)
        weights = weights_behind(control, job, f"The job {job.name}")
        arguments = [
            str(control.data),
            job.arn,
            control.objects_endpoint,
            str(weights),
        ]
        log = control.data / "logs" / f"job-{job.id}.log"
        return start(
            [sys.executable, "-m", WORKER, *arguments],
            log=log,
            environment={**os.environ, "OMP_WAIT_POLICY": "passive"},
            grace=WORKER_GRACE_SECONDS,
        )

    def _break_off(self, arn: str, worker: Tethered) -> None:
        """End the worker because the server ends, which is no fault of its job and no attempt at it."""
        if worker.has_ended:
            return
        worker.end()
        store = self._control.store
        job = store.find(Job, arn.split(":")[3], arn)
        if job and job.status == "InProgress":
            store.change(Job, arn, attempts=job.attempts - 1)

    def _give_up(self, job: Job) -> None:
        log = Path("logs") / f"job-{job.id}.log"
        message = (
            f"The training process ended {MOST_ATTEMPTS} times without a word: see {log} in the data folder"
        )
        self._control.store.change(
            Job, job.arn, status="Failed", failure_message=message, ended_at=time.time()
        )

    async def _look_after_serving(self) -> None:
        store = self._control.store
        for throughput in store.with_status(Throughput, "Creating", "Updating"):
            self._begin(throughput.arn, partial(self._serve, throughput))
        for deployment in store.with_status(Deployment, "Creating", "Updating"):
            self._begin(deployment.arn, partial(self._deploy, deployment))

    def _begin(self, arn: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if arn not in self._loading:
            task = asyncio.create_task(work())
            self._loading[arn] = task
            task.add_done_callback(partial(self._forget, arn))

    def _forget(self, arn: str, _: asyncio.Task[None]) -> None:
        self._loading.pop(arn, None)

    async def _serve(self, throughput: Throughput) -> None:
        failure = await self._failure_to_load(throughput.region, throughput.model_arn)
        changes = {"status": "Failed", "failure_message": failure} if failure else {"status": "InService"}
        self._control.store.change(Throughput, throughput.arn, **changes)

    async def _deploy(self, deployment: Deployment) -> None:
        """Load the model, or the one that is to take its place; the old one answers when that fails."""
        updating = deployment.status == "Updating"
        model_arn = (deployment.next_model_arn if updating else None) or deployment.model_arn
        failure = await self._failure_to_load(deployment.region, model_arn)
        if failure:
            changes = {"status": "UpdateFailed" if updating else "Failed", "failure_message": failure}
        else:
            changes = {"status": "Active", "model_arn": model_arn}
        self._control.store.change(Deployment, deployment.arn, **changes)

    async def _failure_to_load(self, region: str, model_arn: str) -> str | None:
        """Why a model cannot answer; None once it is loaded and can."""
        try:
            place = place_of(self._control, region, model_arn)
            await self._inference.load(place.weights, place.adapter)
        except (BurnishError, ServiceFault) as error:
            return str(error)
        return None
