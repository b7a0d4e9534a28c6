"""A proxy between a client and the server that goes wrong at random places, as networks and services do."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

NOT_READY = "Could not assume provided IAM role. Please ensure the role exists"
JOBS = "/model-customization-jobs"
FAULTS = ("throttled", "failed before", "failed after", "dropped before", "dropped after", "slow")


class FaultyProxy:
    """Passes requests on to ``upstream``, a share of them with a fault drawn by chance.

    ``roles_not_ready`` holds, by job name, how often a job is refused because of its role. Jobs whose name
    begins with ``stuck`` are shown as never begun. S3 is passed on untouched: boto3 repeats that itself.
    """

    def __init__(self, upstream: str, *, share: float, seed: int) -> None:
        self.upstream = urlsplit(upstream)
        self.share = share
        self.roles_not_ready: dict[str, int] = {}
        self.faults: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def draw(self) -> str | None:
        """The fault of the next request, or None."""
        with self._lock:
            fault = self._random.choice(FAULTS) if self._random.random() < self.share else None
            self.faults[fault or "none"] += 1
            return fault

    def refuses_role_of(self, name: str) -> bool:
        """Whether a job of this name is to be refused this time."""
        with self._lock:
            left = self.roles_not_ready.get(name, 0)
            self.roles_not_ready[name] = left - 1
            return left > 0


class _Handler(BaseHTTPRequestHandler):
    proxy: FaultyProxy
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        fault = None if "/s3/aws4_request" in self.headers.get("authorization", "") else self.proxy.draw()
        if fault == "throttled":
            self.refuse(429, "ThrottlingException", "Rate exceeded")
        elif fault == "failed before":
            self.refuse(500, "InternalServerException", "Internal error")
        elif fault == "dropped before":
            self.drop()
        elif self.role_is_not_ready(body):
            self.refuse(400, "ValidationException", NOT_READY)
        else:
            self.pass_on(body, fault)

    def pass_on(self, body: bytes, fault: str | None) -> None:
        upstream = http.client.HTTPConnection(
            self.proxy.upstream.hostname, self.proxy.upstream.port, timeout=60
        )
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            upstream.putheader(name, value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
        given = answer.read()
        upstream.close()
        if fault == "failed after":
            self.refuse(500, "InternalServerException", "Internal error")
        elif fault == "dropped after":
            self.drop()
        else:
            time.sleep(0.5 if fault == "slow" else 0)
            self.answer(answer.status, answer.getheaders(), self.shown(answer.status, given))

    def shown(self, status: int, body: bytes) -> bytes:
        """A job that never begins looks as if it had not."""
        path = unquote(self.path.partition("?")[0])
        if status != 200 or self.command != "GET" or not path.startswith(f"{JOBS}/"):
            return body
        job = json.loads(body)
        if not job["jobName"].startswith("stuck") or job["status"] in ("Stopping", "Stopped"):
            return body
        job["status"] = "InProgress"
        job["statusDetails"] = {
            f"{phase}Details": {"status": "NotStarted"}
            for phase in ("validation", "dataProcessing", "training")
        }
        return json.dumps(job).encode()

    def role_is_not_ready(self, body: bytes) -> bool:
        is_creation = self.command == "POST" and self.path == JOBS
        return is_creation and self.proxy.refuses_role_of(json.loads(body)["jobName"])

    def refuse(self, status: int, code: str, message: str) -> None:
        if "/bedrock/aws4_request" in self.headers.get("authorization", ""):
            body = json.dumps({"message": message}).encode()
            self.answer(status, [("x-amzn-ErrorType", code), ("content-type", "application/json")], body)
        else:
            code = {"ThrottlingException": "Throttling"}.get(code, "ServiceFailure")
            error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
            body = f"<ErrorResponse>{error}</ErrorResponse>".encode()
            self.answer(status, [("content-type", "text/xml")], body)

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            is_length = name.lower() == "content-length" and self.command != "HEAD"
            if not is_length and name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        if self.command != "HEAD" and status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def drop(self) -> None:
        self.close_connection = True
        self.connection.close()

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            return  # dropped on purpose

    def log_message(self, *_: object) -> None:
        return

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = handle_any  # noqa: N815
