"""What a server makes of an attempt on a cluster that it does not hear of, whatever Ray says."""

from __future__ import annotations

import json
import uuid

import msgspec
import pytest
from job_requests import JOB

from burnish.engine.catalogue import PAGE_FEATURES
from burnish.engine.weights import prepared_weights
from burnish.policies.evaluation import Grants
from burnish.server.capacity import Share
from burnish.server.cluster import ray_attempt
from burnish.server.cluster.jobs_api import ClusterUnavailable, RayJob
from burnish.server.cluster.ray_launcher import RayLauncher
from burnish.server.cluster.remote_folder import JOBS, Beat, RemoteFolder
from burnish.server.cluster.submitting import ClusterDoor
from burnish.server.job_folder.attempt_input import AttemptInput, RemoteTeacher, read_input, write_input
from burnish.server.job_folder.orders import Orders, write_orders
from burnish.server.job_folder.paths import JobFolder
from burnish.server.job_folder.result import read_result
from burnish.server.job_folder.spec import spec_of, write_spec
from burnish.server.s3.role_storage import ALL_OF_S3, RoleStorage
from burnish.waiting import wait_until

OFTEN = {"interval": 0.01, "timeout": 60}


class Cluster:
    """The Jobs API of a cluster that runs nothing and says what a test wants it to say."""

    url = "http://head:8265"

    def __init__(self) -> None:
        self.is_gone = False
        self.says: RayJob | None = RayJob(status="RUNNING")
        self.submitted: list[str] = []
        self.stopped: list[str] = []

    def _answer(self) -> None:
        if self.is_gone:
            raise ClusterUnavailable("The Ray cluster at http://head:8265 does not answer")

    def submit(self, submission) -> None:
        self._answer()
        self.submitted.append(submission.submission_id)

    def find(self, submission_id):
        self._answer()
        return self.says if submission_id in self.submitted else None

    def stop(self, submission_id) -> None:
        self._answer()
        self.stopped.append(submission_id)

    def logs(self, _) -> str:
        self._answer()
        return "bash: python: command not found\n"


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def launcher(served, cluster, monkeypatch) -> RayLauncher:
    monkeypatch.setattr(ray_attempt, "EVERY_SECONDS", 0.02)
    monkeypatch.setattr(ray_attempt, "ASK_SECONDS", 0.1)
    role = JOB.request.role_arn.rpartition("/")[2]
    if served.iam.role(role) is None:
        statement = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": statement})
        served.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=trust)
    storage = RoleStorage(served.url, served.credentials, ALL_OF_S3)
    return RayLauncher(ClusterDoor(jobs=cluster, iam=served.iam, storage=storage, endpoint=served.url))


@pytest.fixture
def folder(tmp_path) -> JobFolder:
    folder = JobFolder(tmp_path / "jobs" / f"job{uuid.uuid4().hex[:9]}")
    write_spec(folder, spec_of(JOB))
    folder.attempt(1).path.mkdir(parents=True)
    given = AttemptInput(
        weights=prepared_weights(PAGE_FEATURES),
        sources={PAGE_FEATURES.slug: PAGE_FEATURES.source},
        tuned_before=None,
        objects_endpoint="",
        credentials=folder.path,
        grants=Grants(),
        checkpoint_seconds=1,
    )
    write_input(folder.attempt(1), given)
    write_orders(folder, Orders(attempt=1))
    return folder


@pytest.fixture
def start(launcher, folder):
    """A way to start the attempt."""
    started = []

    def begin():
        log = folder.path / "logs" / "job.log"
        started.append(launcher.start(folder, attempt=1, share=Share(threads=1), log=log))
        return started[-1]

    yield begin
    for attempt in started:
        attempt.stop()


@pytest.fixture
def beat(served, folder):
    """A way to have the node give a sign of life."""
    storage = RoleStorage(served.url, served.credentials, ALL_OF_S3)
    there = RemoteFolder(storage, folder.path.name).attempt(1)
    return lambda **members: storage.write(there.beat, msgspec.json.encode(Beat(**members)))


def ended(attempt):
    wait_until(lambda: not attempt.poll(), bool, **OFTEN)
    return attempt.account_of_end()


def test_an_attempt_is_written_down_before_the_cluster_is_asked_and_asked_again(
    cluster, launcher, start, folder
):
    cluster.is_gone = True
    attempt = start()
    assert json.loads((folder.path / "cluster.json").read_text())["submission_id"].endswith("-1")
    said = "for the cluster: The Ray cluster at http://head:8265 does not answer"
    wait_until(lambda: attempt.waits_for, lambda reason: reason == said, **OFTEN)
    attempt.end_with_server()
    assert cluster.submitted == []
    cluster.is_gone = False
    adopted = launcher.adopt(folder, attempt=1)
    wait_until(lambda: cluster.submitted, bool, **OFTEN)
    adopted.end_with_server()
    again = launcher.adopt(folder, attempt=1)
    assert again.poll()
    again.stop()
    assert cluster.submitted == [f"burnish-{folder.path.name}-1"]
    assert launcher.adopt(folder, attempt=1) is None


def test_what_ray_has_taken_without_saying_so_is_not_submitted_again(cluster, start, monkeypatch):
    submit = Cluster.submit

    def unanswered(self, submission):
        submit(self, submission)
        raise ClusterUnavailable("The answer is lost")

    monkeypatch.setattr(Cluster, "submit", unanswered)
    attempt = start()
    wait_until(lambda: attempt._launch.is_submitted, bool, **OFTEN)
    assert len(cluster.submitted) == 1


def test_an_attempt_whose_head_is_gone_lives_for_as_long_as_it_gives_signs_of_life(
    cluster, start, beat, monkeypatch
):
    attempt = start()
    wait_until(lambda: cluster.submitted, bool, **OFTEN)
    cluster.is_gone = True
    monkeypatch.setattr(ray_attempt, "START_SECONDS", 0.3)
    beat(count=1, has_begun=True)
    wait_until(lambda: attempt.has_begun, bool, **OFTEN)
    for count in range(2, 12):
        beat(count=count, has_begun=True)
        wait_until(lambda: attempt._latest.count, lambda seen, count=count: seen == count, **OFTEN)
    assert attempt.poll()
    monkeypatch.setattr(ray_attempt, "DEAD_SECONDS", 0.3)
    assert "has given no sign of life for" in ended(attempt)


def test_what_ray_takes_for_running_is_over_without_a_sign_of_life_and_so_are_its_keys(
    cluster, start, beat, monkeypatch, served, folder
):
    attempt = start()
    beat(count=1, has_begun=True)
    wait_until(lambda: attempt.has_begun, bool, **OFTEN)
    named = "select id from sessions where name = ?"
    assert len(served.iam.database.rows(named, f"job-{folder.path.name}-1")) == 2
    monkeypatch.setattr(ray_attempt, "DEAD_SECONDS", 0.3)
    assert "has given no sign of life for" in ended(attempt)
    assert cluster.stopped == cluster.submitted
    assert served.iam.database.rows(named, f"job-{folder.path.name}-1") == []


def test_a_job_that_waits_for_a_node_is_not_taken_for_dead(cluster, start, monkeypatch):
    monkeypatch.setattr(ray_attempt, "START_SECONDS", 0.3)
    cluster.says = RayJob(status="PENDING")
    attempt = start()
    said = "for a node of the cluster with room for it"
    wait_until(lambda: attempt.waits_for, lambda reason: reason == said, **OFTEN)
    asked = wait_until(lambda: attempt._asked_at, bool, **OFTEN)
    wait_until(lambda: attempt._asked_at > asked + 1, bool, **OFTEN)
    assert attempt.poll()
    cluster.says = None
    assert "the cluster does not know it any more" in ended(attempt)


def test_an_attempt_that_ray_has_ended_before_it_began_tells_what_was_printed(cluster, start, folder):
    cluster.says = RayJob(status="FAILED", message="exited with code 127, last available logs: 1")
    attempt = start()
    assert ended(attempt) == (
        "was ended on the cluster without a word; Ray has it as FAILED (exited with code 127)"
    )
    assert not attempt.has_begun
    assert "python: command not found" in (folder.path / "logs" / "job.log").read_text()


def test_a_distillation_is_refused_by_name(cluster, start, folder):
    given = read_input(folder.attempt(1))
    teacher = RemoteTeacher(model="m", url="aws", region="us-east-1", max_prompts=1)
    write_input(folder.attempt(1), msgspec.structs.replace(given, remote_teacher=teacher))
    ended(start())
    result = read_result(folder.attempt(1))
    assert result.status == "Failed"
    assert result.failure_message.startswith("Distillation does not run on a cluster")
    assert cluster.submitted == []


def test_what_lies_in_s3_of_a_job_goes_with_it_and_that_of_others_stays(launcher, served):
    storage = RoleStorage(served.url, served.credentials, ALL_OF_S3)
    if not storage.exists(JOBS.rpartition("/")[0]):
        storage.make_bucket(JOBS.rpartition("/")[0])
    for job in ("over", "unfinished", "left"):
        storage.write(f"{JOBS}/{job}/spec.json", b"{}")
    launcher.clear_away("over")
    wait_until(lambda: storage.names(f"{JOBS}/over"), lambda names: not names, **OFTEN)
    launcher.clear_leftovers(["unfinished"])
    assert storage.names(JOBS) == ["unfinished/spec.json"]
