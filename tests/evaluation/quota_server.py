"""A Converse with a quota: so many answers a second, some latency, and faults at random, as seeded.

A token bucket holds the quota, as Bedrock's own do: what was not used within a second is lost.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from test_predicting import image_of

from burnish.records import answer_for


class Quota:
    """A bucket that fills at ``rate`` a second and holds what comes in ``burst`` seconds."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._most = rate, rate * burst
        self._held, self._at = self._most, time.monotonic()

    def takes_one(self) -> bool:
        now = time.monotonic()
        self._held = min(self._most, self._held + (now - self._at) * self._rate)
        self._at = now
        if self._held < 1:
            return False
        self._held -= 1
        return True


class Handler(BaseHTTPRequestHandler):
    server: QuotaServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        page = image_of(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        time.sleep(self.server.latency)
        fate = self.server.fate_of(page)
        if fate == "drop":
            self.close_connection = True
            self.connection.close()
        elif fate == "answer":
            text = answer_for(page.split("/")[0])
            message = {"role": "assistant", "content": [{"text": text}]}
            self.send(200, {"output": {"message": message}, "usage": {"inputTokens": 700, "outputTokens": 9}})
        else:
            self.send(fate, {"message": "no"})

    def send(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 429:
            self.send_header("x-amzn-ErrorType", "ThrottlingException")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class QuotaServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *, rate: float, latency: float, burst: float, faults: float, seed: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.latency = latency
        self.answered: Counter[str] = Counter()
        self.refused = self.failed = 0
        self._quota, self._faults = Quota(rate, burst), faults
        self._chance, self._lock = random.Random(seed), threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fate_of(self, page: str) -> int | str:
        with self._lock:
            if self._chance.random() < self._faults:
                self.failed += 1
                return self._chance.choice((429, 500, "drop"))
            if not self._quota.takes_one():
                self.refused += 1
                return 429
            self.answered[page] += 1
            return "answer"

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def quota_server(
    *, rate: float = 100, latency: float = 0.05, burst: float = 1, faults: float = 0.03
) -> Iterator[QuotaServer]:
    with QuotaServer(rate=rate, latency=latency, burst=burst, faults=faults) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
