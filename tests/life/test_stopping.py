"""A server that is told to stop: what it was at is answered, trainings keep what they have learned."""

from __future__ import annotations

import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from botocore.exceptions import ConnectionError as ConnectionFailed
from botocore.exceptions import HTTPClientError
from whole_server import BUCKET, RunningServer, base_model_id

from burnish.waiting import wait_until

#: Slow enough to be in progress when the signal comes.
SLOW = """
[[fault]]
operation = "Converse"
kind = "delay"
seconds = 3
"""
HALF = b"0" * (4 * 2**20)


@pytest.fixture
def start(tmp_path, tiny_weights):
    faults = tmp_path / "faults.toml"
    faults.write_text(SLOW)
    servers = []

    def started(*options: str) -> RunningServer:
        log = (tmp_path / "stderr").open("ab")
        options = ("--faults", str(faults), *options)
        servers.append(RunningServer(tmp_path / "data", tiny_weights, options=options, stderr=log))
        return servers[-1]

    yield started
    for server in servers:
        if server.process.poll() is None:
            server.kill()


def slow_answer(server) -> str:
    messages = [{"role": "user", "content": [{"text": "A or B?"}]}]
    answer = server.clients().bedrock_runtime.converse(
        modelId=base_model_id(server), messages=messages, inferenceConfig={"maxTokens": 1}
    )
    return answer["stopReason"]


def upload_in_two_halves(server, is_half_way, go_on, *, http2: bool) -> int:
    s3 = server.clients().s3
    url = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": f"large-{http2}"})

    def body():
        yield HALF
        is_half_way.set()
        go_on.wait(30)
        yield HALF

    with httpx2.Client(http1=not http2, http2=http2, timeout=60) as client:
        return client.put(url, content=body(), headers={"content-length": str(2 * len(HALF))}).status_code


def test_requests_in_progress_are_answered_and_new_ones_are_not(start, tmp_path):
    server = start()
    server.clients().s3.create_bucket(Bucket=BUCKET)
    go_on, half_way = threading.Event(), [threading.Event(), threading.Event()]
    with ThreadPoolExecutor(4) as clients:
        answer = clients.submit(slow_answer, server)
        uploads = [
            clients.submit(upload_in_two_halves, server, moment, go_on, http2=http2)
            for moment, http2 in zip(half_way, (False, True), strict=True)
        ]
        for moment in half_way:
            assert moment.wait(30)
        wait_until(lambda: said(tmp_path), lambda text: "planned fault" in text, interval=0.05, timeout=30)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: said(tmp_path), lambda text: "Stopping" in text, interval=0.05, timeout=30)
        with pytest.raises((ConnectionFailed, HTTPClientError)):
            server.clients().bedrock.list_custom_models()
        go_on.set()
        assert [upload.result(60) for upload in uploads] == [200, 200]
        assert answer.result(60) == "max_tokens"
    assert server.process.wait(60) == 0
    assert re.search(r"Stopping: up to 30 s for 3 requests in progress", said(tmp_path))
    assert "Traceback" not in said(tmp_path)


def test_what_takes_longer_than_the_grace_is_given_up(start, tmp_path):
    server = start("--grace", "0")
    with ThreadPoolExecutor() as clients:
        answer = clients.submit(slow_answer, server)
        wait_until(lambda: said(tmp_path), lambda text: "planned fault" in text, interval=0.05, timeout=30)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(60) == 0
        assert answer.exception(60) is not None
    assert "Traceback" not in said(tmp_path)


def test_a_second_signal_ends_the_server_at_once(start, tmp_path):
    server = start()
    with ThreadPoolExecutor() as clients:
        answer = clients.submit(slow_answer, server)
        wait_until(lambda: said(tmp_path), lambda text: "planned fault" in text, interval=0.05, timeout=30)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: said(tmp_path), lambda text: "Stopping" in text, interval=0.05, timeout=30)
        time.sleep(0.5)  # sooner it would be the same signal, come by another way
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == -signal.SIGTERM
        assert answer.exception(60) is not None


def said(tmp_path) -> str:
    return (tmp_path / "stderr").read_text()
