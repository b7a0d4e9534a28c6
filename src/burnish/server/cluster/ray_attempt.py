"""An attempt on a Ray cluster, looked after by a thread of its own: the server's loop never waits for it.

It lives for as long as its signs of life come, by this server's clock. What Ray says of it can only shorten
the wait for one that is gone: a head that died leaves jobs "running" for ever, and one that was replaced
knows none of those that go on.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress

from msgspec import structs

from burnish.errors import BurnishError, InvalidInput, NotFound, ServiceUnavailable
from burnish.processes.messages import InvalidMessage
from burnish.server.cluster.attempt_pass import SESSION
from burnish.server.cluster.jobs_api import ClusterUnavailable, RayJob
from burnish.server.cluster.launch import Launch, write_launch
from burnish.server.cluster.mirror import Mirror
from burnish.server.cluster.remote_folder import Beat
from burnish.server.cluster.submitting import ClusterDoor, submit
from burnish.server.iam.sessions import end_sessions, prolong_sessions
from burnish.server.job_folder.paths import JobFolder
from burnish.server.job_folder.result import JobResult, write_result
from burnish.server.resources import ended_phases, unbegun_phases

EVERY_SECONDS = 1.0
#: After so long without a sign of life, which comes every five seconds, Ray is asked, and so often.
ASK_SECONDS = 15.0
#: An attempt is over after so long without one, whatever Ray says; before its first it is being started.
DEAD_SECONDS, START_SECONDS = 60.0, 600.0
#: How long one that is stopped may take: Ray kills it three seconds after it was told.
STOP_SECONDS = 15.0
PROLONG_SECONDS = 1800.0
#: So much of what Ray has printed of an attempt that never began is added to the job's log.
LONGEST_ACCOUNT = 16_384

log = logging.getLogger(__name__)


class RayAttempt:
    """An attempt that a cluster runs, or is to run."""

    def __init__(self, door: ClusterDoor, folder: JobFolder, launch: Launch) -> None:
        self._door = door
        self._folder = folder
        self._launch = launch
        self._log = (folder.path / launch.log).resolve()
        self._mirror = Mirror(folder, launch.attempt, door.remote(folder), self._log)
        self._begun_at = self._heard_at = self._asked_at = time.monotonic()
        self._prolonged_at = 0.0
        self._latest: Beat | None = None
        self._waits_for: str | None = None
        self._account = "is not over"
        self._is_over = threading.Event()
        self._is_let_go = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=launch.submission_id, daemon=True)
        self._thread.start()

    @property
    def number(self) -> int:
        """The number of the attempt."""
        return self._launch.attempt

    @property
    def age(self) -> float:
        """The seconds for which this server has known the attempt."""
        return time.monotonic() - self._begun_at

    @property
    def has_begun(self) -> bool:
        """Whether its training has taken the job for its own, as far as it came to say so."""
        return self._latest is not None and self._latest.has_begun

    @property
    def exit_status(self) -> int | None:
        """How the training's process ended, as seen on its node; None where nobody there could say so."""
        return self._latest.exit_status if self._latest else None

    @property
    def waits_for(self) -> str | None:
        """The cluster, or room on it, while one of them keeps it from beginning."""
        return None if self._latest else self._waits_for

    def account_of_end(self) -> str:
        """How it ended, after "the training process"."""
        return self._account

    def poll(self) -> bool:
        """Whether it still runs, or waits to."""
        # A thread that a fault of ours has ended looks after nothing: then the attempt counts as lost.
        return not self._is_over.is_set() and self._thread.is_alive()

    def stop(self) -> None:
        """Have Ray end it. Its keys open nothing from now on, whether Ray can be reached or not."""
        self._let_go()
        if self._is_over.is_set():
            return
        with suppress(ClusterUnavailable):
            self._stop_on_cluster()
        self._end("was ended by something that the server did not see")

    def end_with_server(self) -> None:
        """Leave it where it is: it waits for the server to come back, and is found again then."""
        self._let_go()

    def _let_go(self) -> None:
        self._is_let_go.set()
        self._thread.join(STOP_SECONDS)

    def _watch(self) -> None:
        while not self._is_let_go.is_set() and not self._is_over.is_set():
            try:
                self._step()
            except ClusterUnavailable as error:
                self._say(f"for the cluster: {error}")
            except ServiceUnavailable as error:
                # While this server cannot hear, silence says nothing.
                self._heard_at = time.monotonic()
                self._say(f"for the S3 server to answer: {error}")
            except (BurnishError, InvalidMessage, OSError, ValueError) as error:
                log.exception("The attempt %s cannot be looked after now", self._launch.submission_id)
                self._say(f"for the server's files, of which one failed ({error})")
            self._is_let_go.wait(EVERY_SECONDS)

    def _step(self) -> None:
        if not self._launch.is_submitted and not self._submitted():
            return
        self._prolong()
        self._mirror.send_orders()
        beat = self._mirror.take()
        if beat is None:
            self._judge_silence()
        else:
            self._latest, self._heard_at = beat, time.monotonic()
            if beat.account_of_end is not None:
                self._mirror.take_result()
                self._end(beat.account_of_end)

    def _submitted(self) -> bool:
        try:
            submit(self._door, self._folder, self._launch, keep=self._keep)
        except (InvalidInput, NotFound) as error:
            self._refuse(str(error))
            return False
        self._heard_at = time.monotonic()
        log.info("Job %s: submitted to %s", self._launch.submission_id, self._door.jobs.url)
        return True

    def _refuse(self, message: str) -> None:
        """Fail the job, as a training would that finds what is wrong with it."""
        own = self._folder.attempt(self.number)
        phases = ended_phases(unbegun_phases(), "Failed")
        failed = JobResult(status="Failed", phases=phases, ended_at=time.time(), failure_message=message)
        write_result(own, failed)
        self._end("did not begin")

    def _prolong(self) -> None:
        if time.monotonic() - self._prolonged_at > PROLONG_SECONDS:
            prolong_sessions(self._door.iam, self._launch.sessions, SESSION)
            self._prolonged_at = time.monotonic()

    def _judge_silence(self) -> None:
        now = time.monotonic()
        if now - self._heard_at < ASK_SECONDS or now - self._asked_at < ASK_SECONDS:
            return
        self._asked_at = now
        try:
            found = self._door.jobs.find(self._launch.submission_id)
        except ClusterUnavailable as error:
            self._say(f"for the cluster: {error}")
            if self._latest is None:  # nobody can tell yet whether it has been started
                return
        else:
            self._take_word(found)
        silent = time.monotonic() - self._heard_at
        if not self._is_over.is_set() and silent > (DEAD_SECONDS if self._latest else START_SECONDS):
            self._lose(f"on the cluster has given no sign of life for {silent:.0f} s")

    def _take_word(self, found: RayJob | None) -> None:
        """Take Ray's word for an attempt that is over, or has not been started."""
        if found is None:
            self._lose("is gone: the cluster does not know it any more, as after its head was replaced")
        elif found.has_ended:
            said = f" ({found.reason})" if found.reason else ""
            self._lose(f"was ended on the cluster without a word; Ray has it as {found.status}{said}")
        elif found.is_pending and self._latest is None:
            self._heard_at = time.monotonic()
            self._say("for a node of the cluster with room for it")

    def _lose(self, account: str) -> None:
        """Give an attempt up that nothing is heard of, so that nothing is heard of it later either."""
        with suppress(ClusterUnavailable):
            if not self.has_begun:
                self._add_to_log(self._door.jobs.logs(self._launch.submission_id)[-LONGEST_ACCOUNT:])
            self._door.jobs.stop(self._launch.submission_id)
        self._end(account)

    def _stop_on_cluster(self) -> None:
        if not self._launch.is_submitted:
            return
        jobs, deadline = self._door.jobs, time.monotonic() + STOP_SECONDS
        jobs.stop(self._launch.submission_id)
        while (found := jobs.find(self._launch.submission_id)) and not found.has_ended:
            if time.monotonic() > deadline:
                return
            time.sleep(EVERY_SECONDS)

    def _end(self, account: str) -> None:
        self._account = account
        end_sessions(self._door.iam, self._launch.sessions)
        self._keep(structs.replace(self._launch, is_over=True))
        self._is_over.set()

    def _keep(self, launch: Launch) -> None:
        write_launch(self._folder, launch)
        self._launch = launch

    def _say(self, reason: str) -> None:
        if reason != self._waits_for:
            log.warning("The attempt %s waits %s", self._launch.submission_id, reason)
        self._waits_for = reason

    def _add_to_log(self, text: str) -> None:
        with self._log.open("a", encoding="utf-8") as file:
            file.write(text)
