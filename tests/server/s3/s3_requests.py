"""Requests to S3 that are signed by hand, so that a test can send what no client would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import re
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from burnish.server.credentials import ServerCredentials

EMPTY = hashlib.sha256(b"").hexdigest()
CHUNKED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
CHUNKED_WITH_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_CHUNKED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def signing_key(secret_key: str, day: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, "us-east-1", "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


@dataclass
class Signature:
    """A signature in a head, from which those of the chunks follow."""

    key: bytes
    date: str
    value: str

    @property
    def scope(self) -> str:
        return f"{self.date[:8]}/us-east-1/s3/aws4_request"

    def following(self, kind: str, *covered: str) -> str:
        text = "\n".join([f"AWS4-HMAC-SHA256-{kind}", self.date, self.scope, self.value, *covered])
        self.value = hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
        return self.value

    def of_chunk(self, data: bytes) -> str:
        return self.following("PAYLOAD", EMPTY, sha256(data))

    def of_trailer(self, trailer: bytes) -> str:
        return self.following("TRAILER", sha256(trailer))


def chunk(data: bytes, signature: str | None) -> bytes:
    """A chunk on the wire; an empty one without the line end that closes the body."""
    extension = f";chunk-signature={signature}" if signature else ""
    return f"{len(data):x}{extension}\r\n".encode() + (data + b"\r\n" if data else b"")


@dataclass
class Caller:
    """Somebody who signs with a key and sends to a server."""

    url: str
    credentials: ServerCredentials
    age: timedelta = timedelta()

    def head(self, method: str, path: str, query: str = "", *, payload: str = EMPTY, **headers: str):
        """The headers of a request, and the signature among them. Underscores in names are hyphens."""
        at = datetime.now(UTC) - self.age
        date = at.strftime("%Y%m%dT%H%M%SZ")
        fields = {"host": urlsplit(self.url).netloc, "x-amz-date": date, "x-amz-content-sha256": payload}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        names = sorted(name for name in fields if name not in ("content-length", "transfer-encoding"))
        lines = "".join(f"{name}:{fields[name]}\n" for name in names)
        canonical = "\n".join([method, path, query, lines, ";".join(names), payload])
        key = signing_key(self.credentials.secret_key, date[:8])
        signature = Signature(key, date, "")
        text = "\n".join(["AWS4-HMAC-SHA256", date, signature.scope, sha256(canonical.encode())])
        signature.value = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        fields["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.credentials.access_key}/{signature.scope}, "
            f"SignedHeaders={';'.join(names)}, Signature={signature.value}"
        )
        return fields, signature

    def put(self, path: str, signed: bytes, sent: bytes | None = None, query: str = "", **headers: str):
        """Send an upload whose signature promises ``signed``; ``sent`` is what its body is."""
        fields, _ = self.head("PUT", path, query, payload=sha256(signed), **headers)
        return self.send("PUT", path, query, fields, signed if sent is None else sent)

    def send(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes = b""):
        """The status and the code of the answer."""
        connection = self.opened(method, path, query, {"content-length": str(len(body)), **headers})
        with connection:
            connection.sendall(body)
            return answer_on(connection, method)

    def opened(self, method: str, path: str, query: str, headers: dict[str, str]) -> socket.socket:
        """A connection on which the head was sent."""
        parts = urlsplit(self.url)
        connection = socket.create_connection((parts.hostname, parts.port), timeout=30)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        target = f"{path}?{query}" if query else path
        connection.sendall(f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode())
        return connection


def answer_on(connection: socket.socket, method: str = "GET") -> tuple[int, str]:
    answer = http.client.HTTPResponse(connection, method=method)
    answer.begin()
    return answer.status, code_in(answer.read())


def code_in(body: bytes) -> str:
    found = re.search(rb"<Code>(.*?)</Code>", body)
    return found[1].decode() if found else ""


def form_of(fields: dict[str, str], file: bytes, boundary: str = "x") -> bytes:
    """A form as browsers send it."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'.encode()
    return b"".join(parts) + head + file + f"\r\n--{boundary}--\r\n".encode()


def policy_of(credentials: ServerCredentials, *conditions: object, minutes: int = 5) -> dict[str, str]:
    """The fields that sign a policy of version 4."""
    now = datetime.now(UTC)
    date = now.strftime("%Y%m%dT%H%M%SZ")
    fields = {
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{credentials.access_key}/{date[:8]}/us-east-1/s3/aws4_request",
        "x-amz-date": date,
    }
    until = (now + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {"expiration": until, "conditions": [*conditions, *({name: fields[name]} for name in fields)]}
    policy = base64.b64encode(json.dumps(said).encode())
    key = signing_key(credentials.secret_key, date[:8])
    signature = hmac.new(key, policy, hashlib.sha256).hexdigest()
    return {**fields, "policy": policy.decode(), "x-amz-signature": signature}
