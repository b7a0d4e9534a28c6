"""What somebody without any key tries at the ports of the S3 server.

A script of its own, which root can run as another user. It reads what there is from standard input, and
prints what each attempt brought; None for nothing.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import sys
from functools import cache
from pathlib import Path

TIMEOUT = 10
NEW = b"overwritten by a stranger"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"


def main() -> None:
    given = json.load(sys.stdin)
    if given["user"] is not None:
        become(given["user"])
    ports = [(port, tls) for port in given["ports"] for tls in (False, True)]
    requests = requests_about(given["bucket"], given["key"])
    outcome = {
        "http": [
            (port, tls, method, path, answer_to(port, method, path, tls=tls))
            for port, tls in ports
            for method, path in requests
        ],
        "grpc": [(port, tls, answer_to_preface(port, tls=tls)) for port, tls in ports],
        "sockets": [(path, can_connect(path)) for path in given["sockets"]],
        "files": [(path, can_read(path)) for path in given["files"]],
    }
    json.dump(outcome, sys.stdout)


def become(user: int) -> None:
    """Give up root for good, after importing what another user may not read."""
    "127.0.0.1".encode("idna")
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


def requests_about(bucket: str, key: str) -> list[tuple[str, str]]:
    reading = [
        *("/", "/status", "/healthz", "/metrics", "/debug/pprof/", "/debug/pprof/heap", "/ui/index.html"),
        *("/stats/counter", "/stats/memory", "/stats/disk", "/stats/health", "/api/topology", "/admin/info"),
        *("/dir/status", "/dir/assign", "/dir/lookup?volumeId=1", "/vol/status", "/cluster/status"),
        *("/cluster/raft/status", "/cluster/healthz", "/cluster/ps", f"/{bucket}", f"/{bucket}/{key}"),
        *("/buckets/", f"/buckets/{bucket}/", f"/buckets/{bucket}/{key}", "/etc/iam/", "/1,01", "/1/01/x"),
    ]
    changing = [
        ("GET", f"/col/delete?collection={bucket}"),
        ("POST", f"/col/delete?collection={bucket}"),
        ("GET", "/vol/grow?count=1"),
        ("GET", "/vol/vacuum?garbageThreshold=0"),
        ("POST", "/submit"),
        ("POST", f"/buckets/{bucket}/{key}"),
        ("PUT", f"/buckets/{bucket}/{key}"),
        ("DELETE", f"/buckets/{bucket}/{key}"),
        ("DELETE", f"/buckets/{bucket}?recursive=true&ignoreRecursiveError=true"),
        ("DELETE", "/buckets?recursive=true"),
        ("POST", "/1,01"),
        ("DELETE", "/1,01"),
        ("PUT", f"/{bucket}/{key}"),
        ("POST", f"/{bucket}?delete"),
        ("DELETE", f"/{bucket}/{key}"),
        ("DELETE", f"/{bucket}"),
        ("POST", "/shutdown"),
        ("POST", f"/api/s3/buckets/{bucket}"),
        ("DELETE", f"/api/s3/buckets/{bucket}"),
    ]
    return [("GET", path) for path in reading] + changing


def answer_to(port: int, method: str, path: str, *, tls: bool) -> tuple[int, str] | None:
    if tls:
        context = unsuspecting("http/1.1")
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=TIMEOUT, context=context)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request(method, path, body=NEW if method in ("POST", "PUT") else None)
        answer = connection.getresponse()
        return answer.status, answer.read(300).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def answer_to_preface(port: int, *, tls: bool) -> str | None:
    """What comes back to the first bytes that a client of gRPC sends."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as plain:
            connection = unsuspecting("h2").wrap_socket(plain) if tls else plain
            connection.sendall(PREFACE)
            return connection.recv(300).decode(errors="replace") or None
    except OSError:
        return None


@cache
def unsuspecting(protocol: str) -> ssl.SSLContext:
    """A client that asks for no certificate, and has none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    return context


def can_connect(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
        except OSError:
            return False
    return True


def can_read(path: str) -> bool:
    try:
        Path(path).read_bytes()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
