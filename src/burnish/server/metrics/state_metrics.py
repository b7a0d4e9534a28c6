"""What is looked up when somebody asks for the figures: jobs, the memory of models, problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import psutil
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from burnish.processes.memory import memory_of
from burnish.server.health import Health
from burnish.server.resources import Job
from burnish.server.store import Store
from burnish.types import JobStatus


class StateMetrics(Collector):
    """The state of a server as figures.

    ``inference_pid`` tells the process that has the models, if any, ``lost_records`` how many records of
    invocations were lost.
    """

    def __init__(
        self,
        store: Store,
        health: Health,
        *,
        inference_pid: Callable[[], int | None],
        lost_records: Callable[[], int] = lambda: 0,
    ) -> None:
        self._store = store
        self._health = health
        self._inference_pid = inference_pid
        self._lost_records = lost_records

    def collect(self) -> Iterator[Metric]:
        """The figures, as they are now."""
        yield self._jobs()
        memory = GaugeMetricFamily(
            "burnish_inference_resident_bytes", "Memory of the process that has the models; 0 without one."
        )
        memory.add_metric((), self._inference_memory())
        yield memory
        problems = GaugeMetricFamily(
            "burnish_problem", "1 for each part that does not work.", labels=("part",)
        )
        for part in list(self._health.problems):
            problems.add_metric((part,), 1)
        yield problems
        lost = CounterMetricFamily(
            "burnish_invocation_log_records_lost", "Records of invocations that no log has."
        )
        lost.add_metric((), self._lost_records())
        yield lost

    def _jobs(self) -> GaugeMetricFamily:
        counts = Counter(str(job.status) for job in self._store.every(Job))
        jobs = GaugeMetricFamily("burnish_jobs", "Fine-tuning jobs, by status.", labels=("status",))
        for status in JobStatus:
            jobs.add_metric((str(status),), counts[str(status)])
        return jobs

    def _inference_memory(self) -> int:
        pid = self._inference_pid()
        try:
            return memory_of(psutil.Process(pid)) if pid else 0
        except psutil.NoSuchProcess:
            return 0
