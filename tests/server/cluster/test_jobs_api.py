"""A cluster's Jobs API, where it does not answer as it should; `test_launchers` has a real one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from burnish.errors import CannotStart
from burnish.server.cluster.jobs_api import (
    ClusterUnavailable,
    RayJobs,
    RaySubmission,
    cluster_address,
    taken_token,
)

SUBMISSION = RaySubmission(submission_id="a-1", entrypoint="true", environment={"NAME": "value"}, cpus=2)


class Head:
    """An HTTP server that answers everything alike, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer = 200, b"{}"
        self.asked: list[tuple[str, str, str | None, bytes]] = []
        head = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                head.asked.append((self.command, self.path, self.headers["authorization"], body))
                status, answer = head.answer
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET  # noqa: N815  as the standard library calls it

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def head() -> Iterator[Head]:
    made = Head()
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_a_job_is_submitted_with_its_environment_and_nothing_to_install(head):
    RayJobs(head.url, "a-token").submit(SUBMISSION)
    [(method, path, authorization, body)] = head.asked
    assert (method, path, authorization) == ("POST", "/api/jobs/", "Bearer a-token")
    assert json.loads(body) == {
        "submission_id": "a-1",
        "entrypoint": "true",
        "runtime_env": {"env_vars": {"NAME": "value"}},
        "entrypoint_num_cpus": 2.0,
        "entrypoint_num_gpus": 0.0,
    }


def test_what_is_submitted_twice_is_there_once(head):
    head.answer = 400, b"Traceback\nValueError: Job with submission_id a-1 already exists. Please use another"
    RayJobs(head.url).submit(SUBMISSION)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b"Unauthorized", "refuses this server: start the server with the cluster's token in RAY_AUTH"),
        (403, b"", "refuses this server"),
        (500, b"Traceback\nNo available agent", "answers with status 500: No available agent"),
        (200, b"<html>", "does not answer as a Ray cluster"),
    ],
)
def test_an_answer_that_is_none_says_what_is_wrong(head, status, body, said):
    head.answer = status, body
    with pytest.raises(ClusterUnavailable, match=said):
        RayJobs(head.url).find("a-1")


def test_a_head_that_is_gone_is_unavailable(head):
    jobs = RayJobs(head.url)
    head.server.server_close()
    head.server.shutdown()
    with pytest.raises(ClusterUnavailable, match="does not answer"):
        jobs.find("a-1")


def test_a_job_that_the_cluster_does_not_know_is_none_and_is_stopped_already(head):
    head.answer = 404, b"Job a-1 does not exist"
    assert RayJobs(head.url).find("a-1") is None
    RayJobs(head.url).stop("a-1")


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "STOPPED"])
def test_a_job_that_has_ended_is_told_from_one_that_waits(head, status):
    head.answer = 200, json.dumps({"status": status, "message": "so", "type": "SUBMISSION"}).encode()
    assert RayJobs(head.url).find("a-1").has_ended
    head.answer = 200, json.dumps({"status": "PENDING"}).encode()
    found = RayJobs(head.url).find("a-1")
    assert (found.has_ended, found.is_pending) == (False, True)


@pytest.mark.parametrize(
    "given", ["http://head:8265", "https://head", "http://head:8265/", "http://[::1]:8265"]
)
def test_the_address_of_a_jobs_api_is_taken(given):
    assert cluster_address(given) == given.rstrip("/")


@pytest.mark.parametrize(
    "given", ["head:8265", "ftp://head", "http://", "http://h:x", "http://h/path", "http://u@h"]
)
def test_what_is_no_address_of_a_jobs_api_is_refused(given):
    with pytest.raises(CannotStart, match="give http://HEAD:8265"):
        cluster_address(given)


def test_the_address_of_ray_client_is_refused_with_the_one_to_give():
    with pytest.raises(CannotStart, match=r"Ray Client.*--launcher http://10\.0\.0\.1:8265"):
        cluster_address("ray://10.0.0.1:10001")


def test_a_token_is_taken_out_of_the_environment_or_from_its_file(tmp_path):
    environment = {"RAY_AUTH_TOKEN": "secret\n", "HOME": "here"}
    assert taken_token(environment) == "secret"
    assert environment == {"HOME": "here"}
    assert taken_token(environment) is None
    (tmp_path / "token").write_text("from a file\n")
    assert taken_token({"RAY_AUTH_TOKEN_PATH": str(tmp_path / "token")}) == "from a file"
    with pytest.raises(CannotStart, match="RAY_AUTH_TOKEN_PATH names a file that cannot be read"):
        taken_token({"RAY_AUTH_TOKEN_PATH": str(tmp_path / "missing")})
