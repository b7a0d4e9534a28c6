"""The inner ports of the S3 server, walked by a stranger: by one of the same user, and by another user.

What is walked is what the system says the process listens on, not what was asked of it.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from another_user import ANOTHER_USER

import burnish.server.s3.object_store as objects_module
from burnish.processes.tether import leftovers
from burnish.server.credentials import load_or_create_credentials
from burnish.server.s3.inner_ports import inner_context, write_inner_keys
from burnish.server.s3.object_store import start_object_store
from burnish.server.s3.ports import PORT_NAMES
from burnish.waiting import wait_until

pytestmark = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="asks /proc who listens where")

STRANGER = (Path(__file__).parent / "stranger.py").read_text(encoding="utf-8")
BODY = b"a page that nobody else may see or change" * 100
SILENT_WELCOME = ("/healthz", "/status")  # S3 says there that it is up, without a word


@pytest.fixture(scope="module")
def kept(object_store, served):
    """An object that is to stay whole: its client, its bucket, its key."""
    s3 = served.client("s3")
    s3.create_bucket(Bucket="closed-doors")
    s3.put_object(Bucket="closed-doors", Key="page", Body=BODY)
    return s3


@pytest.fixture(scope="module")
def listening(object_store):
    """The TCP addresses, and the Unix sockets, on which the process listens once all of its parts are up."""
    _, _, data = object_store
    pid = leftovers(data / objects_module.RECORD)[0].pid
    wait_until(lambda: len(tcp_of(pid)), lambda found: found >= len(PORT_NAMES), interval=0.1, timeout=60)
    return tcp_of(pid), unix_of(pid)


def inodes_of(pid: int) -> set[str]:
    links = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(str(link.readlink()))
        except FileNotFoundError:
            continue
    return {link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:[")}


def tcp_of(pid: int) -> list[tuple[str, int]]:
    """The addresses in /proc's own hexadecimal spelling, and the ports."""
    inodes, found = inodes_of(pid), []
    for table in ("tcp", "tcp6"):
        lines = Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]
        rows = [line.split() for line in lines]
        found += [row[1].split(":") for row in rows if row[3] == "0A" and row[9] in inodes]
    return [(address, int(port, 16)) for address, port in found]


def unix_of(pid: int) -> list[str]:
    inodes = inodes_of(pid)
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    accepting = [row for row in rows if row[3] == "00010000" and row[6] in inodes and len(row) > 7]
    return sorted({row[7] for row in accepting})


def walk(listening, data: Path, user: int | None = None):
    """What a stranger got from each port, socket and file, minus the refusals."""
    addresses, sockets = listening
    keys = ["objects-identities.json", "objects-keys/inner-ports.pem", "credentials.json"]
    given = {
        "user": user,
        "ports": [port for _, port in addresses],
        "sockets": sockets,
        "files": [str(data / name) for name in keys],
        "bucket": "closed-doors",
        "key": "page",
    }
    ran = subprocess.run(
        [sys.executable, "-I", "-c", STRANGER],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    return json.loads(ran.stdout)


def is_refusal(path: str, answer) -> bool:
    if answer is None:
        return True
    status, text = answer
    return (
        (status == 400 and text.strip() == "Client sent an HTTP request to an HTTPS server.")
        or (status in (400, 403, 405) and "<Error>" in text)
        or (path in SILENT_WELCOME and not text)
    )


def assert_all_refused(outcome) -> None:
    assert [one for one in outcome["http"] if not is_refusal(one[3], one[4])] == []
    assert [one for one in outcome["grpc"] if one[2] and not one[2].startswith("HTTP/1.")] == []


def assert_whole(s3) -> None:
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="closed-doors")["Contents"]] == ["page"]
    assert s3.get_object(Bucket="closed-doors", Key="page")["Body"].read() == BODY


def test_nothing_listens_but_what_is_known_and_only_on_loopback(object_store, listening):
    store, _, _ = object_store
    addresses, sockets = listening
    assert sorted(port for _, port in addresses) == sorted(store._ports.values())
    assert {address for address, _ in addresses} == {"0100007F"}
    for path in sockets:
        assert Path(path).stat().st_mode & 0o077 == 0


@pytest.mark.attack(
    "Inner ports of the S3 server",
    "every port is asked, without a key, to list, read, overwrite and delete: over HTTP, HTTPS and gRPC",
    "each refuses before it reads the request: the certificate is missing; the objects are whole",
)
def test_a_stranger_gets_nothing_from_any_port(object_store, kept, listening):
    assert_all_refused(walk(listening, object_store[2]))
    assert_whole(kept)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.attack(
    "Inner ports of the S3 server",
    "another user of the machine asks every port, connects to every socket and reads the key files",
    "refused at each; no socket and no file can be opened",
)
def test_another_user_gets_nothing_from_any_port_socket_or_file(object_store, kept, listening):
    outcome = walk(listening, object_store[2], user=ANOTHER_USER)
    assert_all_refused(outcome)
    assert len(outcome["sockets"]) >= 7
    assert [path for path, reached in outcome["sockets"] + outcome["files"] if reached] == []
    assert_whole(kept)


@pytest.mark.attack(
    "Inner ports of the S3 server",
    "a certificate of another server, made in the same way, is shown",
    "refused: each server trusts its own alone",
)
def test_another_servers_certificate_opens_nothing(object_store, tmp_path):
    store, _, data = object_store
    own = inner_context(data / "objects-keys" / "inner-ports.pem")
    another = inner_context(write_inner_keys(tmp_path / "keys"))
    another.check_hostname, another.verify_mode = False, ssl.CERT_NONE
    for part in ("master", "volume", "filer", "admin"):
        url = f"https://127.0.0.1:{store._ports[part + '.port']}/"
        assert is_answered(url, own)
        assert not is_answered(url, another)


def is_answered(url: str, context: ssl.SSLContext) -> bool:
    try:
        urllib.request.urlopen(url, context=context).close()  # noqa: S310  # an https URL of our own
    except urllib.error.HTTPError as answer:
        answer.close()
    except OSError:
        return False
    return True


def test_another_configuration_of_seaweedfs_on_the_machine_is_not_read(object_store, tmp_path, monkeypatch):
    (tmp_path / "security.toml").write_text("[https.filer]\ndisable_tls_verify_client_cert = true\n")
    monkeypatch.chdir(tmp_path)
    store = start_object_store(tmp_path / "data", load_or_create_credentials(tmp_path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        assert not is_answered(f"https://127.0.0.1:{store._ports['filer.port']}/", context)
    finally:
        store.stop()


def test_each_start_has_a_new_certificate(tmp_path):
    first = write_inner_keys(tmp_path / "keys").read_bytes()
    assert write_inner_keys(tmp_path / "keys").read_bytes() != first
