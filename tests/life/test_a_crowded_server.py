"""A real server with few descriptors while strangers take what they can: it answers, and stays small."""

import socket
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from whole_server import RunningServer

from burnish.server.credentials import credentials_at

MIB = 2**20
DESCRIPTORS = 1024


@pytest.fixture(scope="module")
def small_server(tmp_path_factory, tiny_weights):
    """A server that may open 1,024 files, as most systems have it, and whose log is beside its folder."""
    data = tmp_path_factory.mktemp("server") / "data"
    data.mkdir()
    limited = ["/bin/sh", "-c", f'ulimit -n {DESCRIPTORS}; exec "$0" "$@" 2> {data.parent / "log"}']
    running = RunningServer(
        data,
        tiny_weights,
        program=[*limited, sys.executable, "-m", "burnish.cli"],
    )
    yield running
    running.stop()


@pytest.fixture
def connections():
    with ExitStack() as opened:
        yield opened


def connect(server, connections, sent=b""):
    place = urlsplit(server.url)
    connection = connections.enter_context(socket.create_connection((place.hostname, place.port), timeout=60))
    connection.sendall(sent)
    return connection


def memory_of(server):
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    (resident,) = (int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))
    return resident


def head_of_a_stranger(server, length):
    """The head of a request by somebody who knows the access key, and no secret."""
    now = datetime.now(UTC)
    scope = f"{credentials_at(server.data).access_key}/{now:%Y%m%d}/us-east-1/bedrock/aws4_request"
    signed = f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    lines = [
        "POST /model/m/converse HTTP/1.1",
        f"Host: {urlsplit(server.url).netloc}",
        f"Content-Length: {length}",
        f"X-Amz-Date: {now:%Y%m%dT%H%M%SZ}",
        f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, {signed}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def assert_it_answers(server):
    clients = server.clients()
    assert clients.bedrock.list_foundation_models()["modelSummaries"]
    clients.s3.list_buckets()


@pytest.mark.attack(
    "Connections",
    "40 unfinished bodies of 30 MB, sent with a known access key and no secret",
    "bounded memory and disk; Bedrock and S3 answer others meanwhile",
)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_unfinished_bodies_of_strangers_take_little_memory(small_server, connections):
    assert_it_answers(small_server)
    before = memory_of(small_server)
    piece, head = bytes(MIB), head_of_a_stranger(small_server, 30 * MIB)
    for _ in range(40):
        connection = connect(small_server, connections, head)
        try:
            for _ in range(29):
                connection.sendall(piece)
        except OSError:  # its room went to another
            continue
    assert_it_answers(small_server)
    assert memory_of(small_server) - before < 150 * MIB
    on_disk = sum(
        file.stat().st_blocks * 512
        for file in Path(f"/proc/{small_server.process.pid}/fd").iterdir()
        if "(deleted)" in str(file.readlink())
    )
    assert on_disk < 300 * MIB


@pytest.mark.attack(
    "Connections",
    "more idle connections than the server has descriptors",
    "the oldest idle ones are closed; Bedrock and S3 answer others, and the log stays short",
)
def test_more_idle_connections_than_descriptors_keep_nobody_out(small_server, connections):
    for number in range(DESCRIPTORS + 200):
        connect(small_server, connections, [b"", b"GET / HTTP/1.1\r\nX-Half: "][number % 2])
    assert_it_answers(small_server)
    assert (small_server.data.parent / "log").stat().st_size < 10_000
