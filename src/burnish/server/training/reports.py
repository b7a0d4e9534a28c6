"""What an attempt has reported, on its way into the server's state."""

from __future__ import annotations

from typing import Any

from burnish.server.job_folder.events import EventReader
from burnish.server.job_folder.paths import AttemptFolder
from burnish.server.resources import Job
from burnish.server.store import Store


class AttemptReports:
    """The reports of one attempt. What cannot be written now is written with what follows."""

    def __init__(self, folder: AttemptFolder) -> None:
        self._events = EventReader(folder.events)
        self._unwritten: dict[str, Any] = {}

    def take(self, store: Store, job: Job) -> None:
        """Write what is new into the state, unless a later attempt owns the job."""
        for event in self._events.new():
            self._unwritten.update(event.changes())
        if not self._unwritten:
            return
        # It only grows: an attempt that begins anew has not come as far yet as those before it.
        progress = max(job.progress, self._unwritten.get("progress", 0))
        changes = {**self._unwritten, "progress": progress}
        store.change(Job, job.arn, expected={"attempts": job.attempts}, **changes)
        self._unwritten.clear()
