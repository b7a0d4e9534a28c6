"""The S3 server of a whole server: killed, back again, and gone with it."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request

import pytest

from burnish.aws.objects import S3Uri, ensure_bucket, read_bytes, upload_bytes
from burnish.processes.tether import leftovers
from burnish.server.s3.object_store import RECORD
from burnish.waiting import wait_until

PAGE = S3Uri("kept", "page")


@pytest.fixture
def server(quick_server):
    return quick_server


def health_of(server) -> dict:
    try:
        with urllib.request.urlopen(f"{server.url}/healthz") as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as answer:
        return json.load(answer)


def kill_s3_of(server) -> int:
    pid = leftovers(server.data / RECORD)[0].pid
    os.kill(pid, signal.SIGKILL)
    return pid


@pytest.mark.attack(
    "Processes",
    "the S3 server is killed while its server runs",
    "/healthz says degraded, it is started again on its ports, and every object is there",
)
def test_it_comes_back_and_health_tells_meanwhile(server):
    s3 = server.clients().s3
    ensure_bucket(s3, PAGE.bucket, region="us-east-1")
    upload_bytes(s3, PAGE, b"a page")
    assert health_of(server)["status"] == "ok"
    killed = kill_s3_of(server)
    told = wait_until(
        lambda: health_of(server), lambda said: said["status"] == "degraded", interval=0.02, timeout=60
    )
    assert "The S3 server has ended" in told["problems"]["objects"]
    wait_until(lambda: health_of(server)["status"], lambda status: status == "ok", interval=0.1, timeout=60)
    assert read_bytes(s3, PAGE) == b"a page"
    assert leftovers(server.data / RECORD)[0].pid != killed


@pytest.mark.attack("Processes", "the server is stopped while S3 is started again", "no process is left")
def test_none_is_left_by_a_server_that_stops_while_it_is_started_again(server):
    kill_s3_of(server)
    wait_until(
        lambda: health_of(server)["status"], lambda status: status == "degraded", interval=0.02, timeout=60
    )
    server.stop()
    assert leftovers(server.data / RECORD) == []
