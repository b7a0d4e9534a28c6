"""Sees to it that what was accepted is done: jobs by a worker process, one at a time, and throughputs.

It looks at the store, not at memory: after a restart it goes on with whatever is not finished.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from functools import partial
from pathlib import Path

from burnish.errors import BurnishError
from burnish.server.control_state import Control
from burnish.server.inference import InferenceProcess
from burnish.server.places import place_of
from burnish.server.store import Job, Throughput
from burnish.tether import Tethered, start

LOOK_EVERY_SECONDS = 0.2
MOST_ATTEMPTS = 3
WORKER_GRACE_SECONDS = 2.0


class Supervisor:
    """Starts workers and loads models until it is stopped."""

    def __init__(self, control: Control, inference: InferenceProcess) -> None:
        self._control = control
        self._inference = inference
        self._worker: tuple[str, Tethered] | None = None
        self._loading: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Look after jobs and throughputs until cancelled; then end the worker."""
        try:
            while True:
                self._look_after_jobs()
                self._look_after_throughputs()
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        finally:
            for task in self._loading.values():
                task.cancel()
            if self._worker:
                await asyncio.to_thread(self._worker[1].end)

    def _look_after_jobs(self) -> None:
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
        base = control.catalogue.find(job.base_model_id)
        if base is None:
            raise LookupError(f"{job.base_model_id} was accepted but is not served")
        arguments = [
            str(control.data),
            job.arn,
            control.objects_endpoint,
            str(control.weights[base.weights.id]),
        ]
        log = control.data / "logs" / f"job-{job.id}.log"
        return start(
            [sys.executable, "-m", "burnish.server.worker", *arguments],
            log=log,
            environment={**os.environ, "OMP_WAIT_POLICY": "passive"},
            grace=WORKER_GRACE_SECONDS,
        )

    def _give_up(self, job: Job) -> None:
        log = Path("logs") / f"job-{job.id}.log"
        message = (
            f"The training process ended {MOST_ATTEMPTS} times without a word: see {log} in the data folder"
        )
        self._control.store.change(
            Job, job.arn, status="Failed", failure_message=message, ended_at=time.time()
        )

    def _look_after_throughputs(self) -> None:
        for throughput in self._control.store.with_status(Throughput, "Creating", "Updating"):
            if throughput.arn not in self._loading:
                task = asyncio.create_task(self._serve(throughput))
                self._loading[throughput.arn] = task
                task.add_done_callback(partial(self._forget, throughput.arn))

    def _forget(self, arn: str, _: asyncio.Task[None]) -> None:
        self._loading.pop(arn, None)

    async def _serve(self, throughput: Throughput) -> None:
        place = place_of(self._control, throughput.region, throughput.model_arn)
        changes: dict[str, str]
        try:
            await self._inference.load(place.weights, place.adapter)
            changes = {"status": "InService"}
        except BurnishError as error:
            changes = {"status": "Failed", "failure_message": str(error)}
        self._control.store.change(Throughput, throughput.arn, **changes)
