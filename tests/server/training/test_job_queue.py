"""Jobs go on through whatever happens to their processes and to the server, and fail for their own faults."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from damaged_pages import PADDING, damage_a_page
from job_requests import REQUEST

from burnish.engine.catalogue import Catalogue, open_model
from burnish.server.bedrock.control import Control
from burnish.server.capacity import Capacity, Share
from burnish.server.credentials import ServerCredentials
from burnish.server.health import OBJECTS
from burnish.server.iam.store import IamStore
from burnish.server.job_files import models_folder
from burnish.server.job_folder.attempt_share import write_share
from burnish.server.job_folder.orders import Orders, write_orders
from burnish.server.job_folder.paths import JobFolder, job_folder
from burnish.server.job_folder.result import JobResult, write_result
from burnish.server.job_folder.spec import spec_of, write_spec
from burnish.server.resources import CustomModel, Job
from burnish.server.store import FILE_NAME, Store
from burnish.server.training import job_queue, rests
from burnish.server.training import process_launcher as launching
from burnish.server.training.job_lock import is_held, last_holder, running_holder, state_of
from burnish.server.training.job_queue import MAX_FRUITLESS_ATTEMPTS, JobQueue
from burnish.server.training.launcher import SERVER_FAULT
from burnish.server.training.process_launcher import ProcessLauncher, Worker
from burnish.waiting import wait_until

MODEL = open_model("tiny")
REGION = "us-east-1"


class Place:
    """The jobs of a data folder, and what looks after them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.capacity = Capacity(jobs=1, cores=2)
        self.alone: list[subprocess.Popen[bytes]] = []
        self.open()

    def open(self) -> None:
        """Begin as a server that starts."""
        self.control = Control(
            data=self.data,
            store=Store(self.data),
            iam=IamStore(self.data),
            catalogue=Catalogue(models=(MODEL,)),
            weights={MODEL.id: self.data / "weights"},
            credentials=ServerCredentials(account_id="1" * 12, access_key="A" * 20, secret_key="s" * 40),
            objects_endpoint="http://127.0.0.1:1",
            capacity=self.capacity,
        )
        self.store = self.control.store
        self.queue = JobQueue(self.control, ProcessLauncher())

    def close(self) -> None:
        """End as a server that is stopped."""
        self.queue.end_workers()
        self.vanish()

    def vanish(self) -> None:
        """End as a server that is killed, which tells nobody."""
        self.store.close()
        self.control.iam.close()

    def accept(self, name: str, *, base: str = MODEL.id, **script: Any) -> Job:
        job = Job(
            arn=f"arn:aws:bedrock:{REGION}:{'1' * 12}:model-customization-job/{base}/{name:x<12}",
            region=REGION,
            name=name,
            model_name=f"{name}-model",
            base_model_id=base,
            request=REQUEST,
            hyperparameters={"then": "complete", **{name: str(value) for name, value in script.items()}},
        )
        self.store.add(job)
        return job

    def look(self, until: Callable[[], Any]) -> Any:
        """Look after the jobs until something holds."""

        def seen() -> Any:
            asyncio.run(self.queue.look_after())
            return until()

        return wait_until(seen, bool, interval=0.02, timeout=60)

    def job(self, job: Job) -> Job:
        found = self.store.get(Job, job.arn)
        assert found
        return found

    def ended(self, job: Job) -> Job:
        """The job once it is over."""
        self.look(lambda: self.job(job).status not in ("InProgress", "Stopping"))
        return self.job(job)

    def process_of(self, job: Job) -> psutil.Process:
        """The process that works on a job, once it is at work."""
        lock = self.folder(job).lock
        return self.look(
            lambda: (
                (holder := last_holder(lock))
                and holder.attempt == self.job(job).attempts
                and self.job(job).phases["validation"].status == "InProgress"
                and running_holder(lock)
            )
        )

    def left_running(self, job: Job, *, gpu: str | None = None) -> psutil.Process:
        """A process that works on a job, with neither a guard nor a server that started it."""
        attempt, folder = self.store.begin_attempt(job.arn), self.folder(job)
        write_spec(folder, spec_of(job))
        write_orders(folder, Orders(attempt=attempt))
        write_share(folder.attempt(attempt), Share(threads=1, gpu=gpu))
        command = [sys.executable, "-m", launching.WORKER, str(folder.path), str(attempt)]
        process = subprocess.Popen(command)
        self.alone.append(process)
        wait_until(folder.attempt(attempt).events.exists, bool, interval=0.02, timeout=60)
        return psutil.Process(process.pid)

    def folder(self, job: Job) -> JobFolder:
        return job_folder(self.data, job.id)

    def let_it_complete(self) -> None:
        (self.data / "complete").touch()

    @property
    def problems(self) -> dict[str, str]:
        return dict(self.control.health.problems)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(launching, "WORKER", "scripted_worker")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *_import_path()]))
    monkeypatch.setattr(rests, "FIRST_REST_SECONDS", 0.01)
    monkeypatch.setattr(rests, "MAX_REST_SECONDS", 0.01)
    made = Place(tmp_path)
    yield made
    made.close()
    for process in made.alone:
        process.kill()
        process.wait()


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended, also where nobody has asked for its exit status yet."""
    return not process.is_running() or state_of(process) in (None, psutil.STATUS_ZOMBIE)


def _import_path() -> list[str]:
    return [path for path in sys.path if path]


@pytest.mark.attack("Processes", "a training process is killed", "it is started again; its job completes")
def test_a_killed_process_costs_its_job_nothing_but_time(place):
    job = place.accept("job", then="hang")
    place.process_of(job).kill()
    place.let_it_complete()
    ended = place.ended(job)
    assert (ended.status, ended.attempts, ended.failure_message) == ("Completed", 2, None)


def test_a_job_whose_process_dies_at_the_same_place_again_and_again_fails_and_says_of_what(place):
    job, next_one = place.accept("poison", then="die"), place.accept("next")
    ended = place.ended(job)
    assert ended.status == "Failed"
    assert "was ended by signal 9 (SIGKILL), as 5 times in a row without coming further" in (
        ended.failure_message
    )
    assert f"logs/job-{job.id}.log" in ended.failure_message
    assert ended.phases["validation"].status == "Failed"
    assert not models_folder(place.data, job.id).exists()
    assert place.ended(next_one).status == "Completed"


def test_attempts_that_come_further_each_time_never_fail_a_job(place):
    deaths = MAX_FRUITLESS_ATTEMPTS + 2
    job = place.accept("slow", then="die", further=1, deaths=deaths)
    ended = place.ended(job)
    assert (ended.status, ended.attempts, ended.progress) == ("Completed", deaths + 1, deaths)


def test_a_server_that_stops_or_is_killed_costs_no_attempt(place):
    job = place.accept("job", then="hang")
    for number in range(MAX_FRUITLESS_ATTEMPTS + 1):
        process = place.process_of(job)
        if number % 2:
            place.close()
        else:
            place.vanish()
            process.kill()
            process.wait()
        place.open()
    place.let_it_complete()
    ended = place.ended(job)
    assert (ended.status, ended.fruitless_attempts) == ("Completed", 0)


@pytest.mark.attack(
    "Processes",
    "the guard of a training process is killed",
    "two processes never train the same job; it completes, and its model is whole",
)
@pytest.mark.parametrize("server", ["stays", "is killed, too"])
def test_a_job_whose_guard_is_killed_completes_with_its_model(place, server):
    job = place.accept("job", then="hang")
    place.process_of(job).parent().kill()
    if server == "is killed, too":
        place.vanish()
        place.open()
    place.let_it_complete()
    ended = place.ended(job)
    assert ended.status == "Completed"
    assert place.store.get(CustomModel, ended.model_arn).adapter_in(place.data).is_dir()
    place.look(lambda: not is_held(place.folder(job).lock))


@pytest.mark.attack(
    "Processes",
    "a training process outlives its server",
    "the next one waits for it, begins no other beside it, and keeps its model",
)
def test_a_process_that_outlived_its_server_goes_on_and_its_model_is_kept(place):
    job = place.accept("job", then="hang")
    place.left_running(job)
    older = place.accept("older")
    place.store.change(Job, older.arn, created_at=0.0)
    for _ in range(5):
        asyncio.run(place.queue.look_after())
    assert place.job(older).attempts == 0
    assert (place.job(job).attempts, place.job(job).fruitless_attempts, place.problems) == (1, 0, {})
    place.let_it_complete()
    ended = place.ended(job)
    assert (ended.status, ended.attempts) == ("Completed", 1)
    assert place.store.get(CustomModel, ended.model_arn).adapter_in(place.data).is_dir()
    assert place.ended(older).status == "Completed"


def test_a_process_that_outlived_its_server_ends_with_the_next_one(place):
    process = place.left_running(place.accept("job", then="hang"))
    asyncio.run(place.queue.look_after())
    place.close()
    assert is_gone(process)
    place.open()


@pytest.mark.attack(
    "Processes",
    "a training process hangs (kill -STOP), and its job is to stop",
    "the process is ended after 20 s, and the job is Stopped",
)
def test_a_job_whose_process_hangs_can_be_stopped(place, monkeypatch):
    monkeypatch.setattr(job_queue, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(launching, "WORKER_GRACE_SECONDS", 0.5)
    job = place.accept("job", then="hang")
    process = place.process_of(job)
    process.send_signal(signal.SIGSTOP)
    place.store.change(Job, job.arn, status="Stopping")
    assert place.ended(job).status == "Stopped"
    assert is_gone(process)


def test_a_job_whose_process_outlived_its_server_and_hangs_can_be_stopped(place, monkeypatch):
    monkeypatch.setattr(job_queue, "STOP_SECONDS", 0.1)
    job = place.accept("job", then="hang")
    process = place.left_running(job)
    process.send_signal(signal.SIGSTOP)
    place.store.change(Job, job.arn, status="Stopping")
    assert place.ended(job).status == "Stopped"
    assert is_gone(process)


def test_a_job_of_a_model_that_is_not_served_waits_and_says_so_while_others_complete(place):
    waiting = place.accept("other", base="local.other-v1:0")
    assert place.ended(place.accept("job")).status == "Completed"
    assert place.job(waiting).status == "InProgress"
    place.look(lambda: place.problems)
    assert place.problems == {
        "job other": "it waits: its training needs the weights local.other-v1:0, which this server was not "
        "started with: start it with `--model` for them, too"
    }
    place.store.change(Job, waiting.arn, status="Stopping")
    assert place.ended(waiting).status == "Stopped"
    assert not place.problems


@pytest.mark.attack(
    "Files on disk", "a row of the state is overwritten", "its job is reported; all others go on"
)
@pytest.mark.parametrize("column", ["request", "phases", "hyperparameters"])
def test_a_row_that_is_damaged_touches_only_its_own_job(place, column):
    bad = place.accept("bad")
    other = place.accept("other")
    place.store.database.execute(f"update jobs set {column} = '{{' where arn = ?", bad.arn)
    assert place.ended(other).status == "Completed"
    assert place.problems["job bad"].startswith(f"UnreadableRow: The row of {bad.arn}")


@pytest.mark.attack(
    "Files on disk", "a page of the state is overwritten", "its jobs are reported; all others go on"
)
def test_a_damaged_page_of_the_state_holds_up_no_job_elsewhere(place):
    jobs = [place.accept(f"job{number}", padding=PADDING) for number in range(12)]
    place.vanish()
    damage_a_page(place.data / FILE_NAME)
    lost = [job.arn for job in jobs if not is_readable(place.data / FILE_NAME, job.arn)]
    place.open()
    kept = [job for job in jobs if job.arn not in lost]
    assert lost
    assert kept
    assert place.ended(kept[-1]).status == "Completed"
    assert {f"job {job.name}" for job in jobs if job.arn in lost} <= set(place.problems)


def is_readable(path: Path, arn: str) -> bool:
    database = sqlite3.connect(path)
    try:
        return database.execute("select * from jobs where arn = ?", (arn,)).fetchone() is not None
    except sqlite3.DatabaseError:
        return False
    finally:
        database.close()


def test_a_job_whose_process_cannot_be_started_holds_up_no_other(place):
    stuck = place.accept("stuck")
    (place.data / "logs" / f"job-{stuck.id}.log").mkdir(parents=True)
    assert place.ended(place.accept("job")).status == "Completed"
    assert place.job(stuck).status == "InProgress"
    assert place.problems["job stuck"].startswith("IsADirectoryError")
    (place.data / "logs" / f"job-{stuck.id}.log").rmdir()
    assert place.ended(stuck).status == "Completed"
    assert not place.problems


def test_a_job_whose_process_fails_before_it_begins_waits_for_a_better_installation(place, monkeypatch):
    monkeypatch.setattr(launching, "WORKER", "no_such_module")
    job = place.accept("job")
    place.look(lambda: place.job(job).attempts > MAX_FRUITLESS_ATTEMPTS + 1)
    assert "ended with status 1 before it began: see logs/job-" in place.problems["job job"]
    monkeypatch.setattr(launching, "WORKER", "scripted_worker")
    ended = place.ended(job)
    assert (ended.status, ended.fruitless_attempts) == ("Completed", 0)


def test_a_fault_of_the_server_is_no_attempt_at_a_job(place):
    job = place.accept("job", then="exit", status=SERVER_FAULT)
    place.look(lambda: place.job(job).attempts > MAX_FRUITLESS_ATTEMPTS + 1)
    assert place.job(job).status == "InProgress"
    place.store.change(Job, job.arn, status="Stopping")
    assert place.ended(job).status == "Stopped"


def test_no_process_is_started_while_the_s3_server_is_away(place):
    job = place.accept("job")
    place.control.health.report(OBJECTS, "it does not answer")
    for _ in range(5):
        asyncio.run(place.queue.look_after())
    assert place.job(job).attempts == 0
    place.control.health.report(OBJECTS, None)
    assert place.ended(job).status == "Completed"


def test_what_a_job_waits_for_is_shown_until_it_goes_on(place):
    job = place.accept("job", then="hang")
    place.process_of(job)
    place.store.change(Job, job.arn, waiting_for="for the S3 server to answer")
    place.look(lambda: place.problems)
    assert place.problems == {"job job": "it waits for the S3 server to answer"}
    place.store.change(Job, job.arn, waiting_for=None)
    place.look(lambda: not place.problems)
    place.let_it_complete()
    assert place.ended(job).status == "Completed"


def test_what_a_dead_attempt_has_left_goes_with_its_job(place):
    job = place.accept("job", then="die")
    assert place.ended(job).status == "Failed"
    place.look(lambda: not place.folder(job).path.exists())


def test_what_an_attempt_made_is_taken_by_the_server_that_comes_after_it(place):
    job = place.accept("job", then="hang")
    process = place.left_running(job)
    place.vanish()
    place.let_it_complete()
    process.wait()
    place.open()
    ended = place.ended(job)
    assert (ended.status, ended.attempts, ended.training_loss) == ("Completed", 1, 0.5)
    assert place.store.get(CustomModel, ended.model_arn).adapter_in(place.data).is_dir()


def test_a_model_that_was_taken_as_its_server_was_killed_is_not_lost(place):
    job = place.accept("job", then="hang")
    process = place.left_running(job)
    place.let_it_complete()
    process.wait()
    made, kept = place.folder(job).attempt(1).model, models_folder(place.data, job.id) / "1"
    kept.parent.mkdir(parents=True)
    made.rename(kept)
    ended = place.ended(job)
    assert place.store.get(CustomModel, ended.model_arn).adapter_in(place.data) == kept
    assert kept.is_dir()


def test_a_model_that_is_gone_before_it_was_taken_is_made_again(place):
    job = place.accept("job", then="hang")
    process = place.left_running(job)
    place.let_it_complete()
    process.wait()
    place.folder(job).attempt(1).model.rmdir()
    ended = place.ended(job)
    assert (ended.status, ended.attempts) == ("Completed", 2)
    assert place.store.get(CustomModel, ended.model_arn).adapter_in(place.data).is_dir()


def test_a_job_that_was_to_stop_before_its_model_was_taken_is_stopped_without_it(place):
    job = place.accept("job", then="hang")
    process = place.left_running(job)
    place.let_it_complete()
    process.wait()
    place.store.change(Job, job.arn, status="Stopping")
    ended = place.ended(job)
    assert (ended.status, ended.model_arn) == ("Stopped", None)
    assert not models_folder(place.data, job.id).exists()


def test_what_an_attempt_says_that_does_not_own_the_job_any_more_is_not_read(place):
    job = place.accept("job", then="hang")
    place.process_of(job)
    stale = JobResult(status="Failed", phases={}, ended_at=1.0, failure_message="of an attempt before")
    place.folder(job).attempt(0).path.mkdir()
    write_result(place.folder(job).attempt(0), stale)
    place.let_it_complete()
    assert place.ended(job).status == "Completed"


def test_the_folders_of_jobs_that_are_over_are_cleared_away_at_the_next_start(place):
    job = place.accept("job")
    assert place.ended(job).status == "Completed"
    left = place.folder(job).path
    place.vanish()
    left.mkdir(parents=True)
    place.open()
    asyncio.run(place.queue.look_after())
    assert not left.exists()


@pytest.mark.attack(
    "Files on disk",
    "a file of a job's folder is overwritten, and its training process killed",
    "the file is written anew, or passed over; the job completes",
)
@pytest.mark.parametrize("content", [b"", b'{"status": "\xff"}', bytes(4096)])
def test_no_damaged_file_of_its_folder_keeps_a_job_from_completing(place, content):
    job = place.accept("job", then="hang")
    process, folder = place.process_of(job), place.folder(job)
    attempt = folder.attempt(1)
    for path in (folder.spec, folder.orders, attempt.input, attempt.events, attempt.result):
        path.write_bytes(content)
    asyncio.run(place.queue.look_after())
    process.kill()
    process.wait()
    folder.lock.write_bytes(content)
    place.let_it_complete()
    ended = place.ended(job)
    assert (ended.status, ended.attempts) == ("Completed", 2)
    assert not place.problems


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_job_that_is_to_end_early_completes_with_its_model_also_where_its_process_is_killed(
    place, is_killed
):
    job = place.accept("job", then="hang")
    process = place.process_of(job)
    if is_killed:
        process.suspend()
    place.store.change(Job, job.arn, ends_early=True)
    asyncio.run(place.queue.look_after())
    if is_killed:
        process.kill()
    ended = place.ended(job)
    assert (ended.status, ended.attempts) == ("Completed", 2 if is_killed else 1)
    assert place.store.get(CustomModel, ended.model_arn).adapter_in(place.data).is_dir()


def test_what_jobs_are_at_work_is_told_for_the_forecast(place):
    first, second = place.accept("first", then="hang"), place.accept("second")
    place.process_of(first)
    assert place.control.forecast.at_work == {first.arn}
    assert place.control.forecast.schedules()[second.arn].position == 1
    place.let_it_complete()
    assert place.ended(second).status == "Completed"
    assert place.control.forecast.at_work == set()


def test_several_jobs_are_trained_at_once_where_there_is_room_for_them(tmp_path, place):
    place.close()
    place.capacity = Capacity(jobs=2, cores=2)
    place.open()
    jobs = [place.accept(f"job{number}", then="hang") for number in range(3)]
    (place.data / "weights").mkdir()
    both = [place.process_of(job) for job in jobs[:2]]
    assert len({process.pid for process in both}) == 2
    assert place.job(jobs[2]).attempts == 0
    place.let_it_complete()
    assert [place.ended(job).status for job in jobs] == ["Completed"] * 3


def test_jobs_that_are_trained_elsewhere_take_no_memory_of_this_machine(place, monkeypatch):
    monkeypatch.setattr(job_queue, "missing_memory", lambda _: "for memory")
    place.close()
    place.capacity = Capacity(jobs=2, cores=2, is_elsewhere=True)
    place.open()
    (place.data / "weights").mkdir()
    jobs = [place.accept(f"job{number}", then="hang") for number in range(2)]
    assert len({place.process_of(job).pid for job in jobs}) == 2
    place.let_it_complete()
    assert [place.ended(job).status for job in jobs] == ["Completed"] * 2


def test_what_an_attempt_waits_for_before_it_begins_is_said_of_its_job(place, monkeypatch):
    monkeypatch.setattr(Worker, "waits_for", "for a node with room for it")
    job = place.accept("job", then="hang")
    place.look(lambda: place.control.health.problems)
    assert place.control.health.problems["job job"] == "it waits for a node with room for it"
    monkeypatch.setattr(Worker, "waits_for", None)
    place.let_it_complete()
    assert place.ended(job).status == "Completed"


def test_a_gpu_of_a_process_that_outlived_its_server_is_given_to_no_other_job(place):
    left = place.accept("left", then="hang")
    place.left_running(left, gpu="GPU-a")
    place.close()
    place.capacity = Capacity(jobs=8, cores=2, gpus=("GPU-a", "GPU-b"))
    place.open()
    (place.data / "weights").mkdir()
    other, third = place.accept("other", then="hang"), place.accept("third", then="hang")
    process = place.process_of(other)
    assert process.environ()["CUDA_VISIBLE_DEVICES"] == "GPU-b"
    assert place.job(third).attempts == 0
    place.let_it_complete()
    assert [place.ended(job).status for job in (left, other, third)] == ["Completed"] * 3


def test_a_job_that_is_cut_short_keeps_its_turn_before_a_later_one(place, monkeypatch):
    monkeypatch.setattr(rests, "FIRST_REST_SECONDS", 0.5)
    job = place.accept("job", then="hang")
    process = place.process_of(job)
    later = place.accept("later")
    process.kill()
    place.look(lambda: place.job(job).attempts == 2)
    assert place.job(later).attempts == 0
    place.let_it_complete()
    assert [place.ended(one).status for one in (job, later)] == ["Completed", "Completed"]


def test_a_process_that_gives_no_sign_of_life_is_reported_until_it_does(place, monkeypatch):
    monkeypatch.setattr(job_queue, "SILENT_SECONDS", 2.0)
    job = place.accept("job", then="hang")
    process = place.process_of(job)
    process.send_signal(signal.SIGSTOP)
    place.look(lambda: place.problems)
    assert "job job" in place.problems
    assert "no sign of life for 2 s" in place.problems["job job"]
    process.send_signal(signal.SIGCONT)
    place.look(lambda: not place.problems)
    place.let_it_complete()
    assert place.ended(job).status == "Completed"
