"""A hub of one model on this machine: as much of Hugging Face's as its own client asks for.

It can cut connections in the middle of a body, and answers requests for the rest of a file (``Range``).
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "a" * 40


class ModelHub:
    """What the hub has, what it was asked for, and how much of a file it sends before it cuts the line."""

    def __init__(self, name: str, files: Mapping[str, bytes]) -> None:
        self.name = name
        self.files = files
        self.url = ""
        self.cut_after: int | None = None
        #: After so many cuts the hub is gone, and every connection ends without a byte.
        self.cuts: int | None = None
        #: What the hub says a file's hash is, where that is not so.
        self.claimed: dict[str, str] = {}
        #: The first byte of each answer with content of a file.
        self.sent_from: list[tuple[str, int]] = []

    def hash_of(self, path: str) -> str:
        return self.claimed.get(path) or hashlib.sha256(self.files[path]).hexdigest()


@contextmanager
def hub_of(name: str, files: Mapping[str, bytes]) -> Iterator[ModelHub]:
    """A hub that has one model, ``owner/name``."""
    hub = ModelHub(name, files)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Requests, hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, hub: ModelHub, *connection: Any) -> None:
        self._hub = hub
        super().__init__(*connection)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""

    def do_GET(self) -> None:
        path, name = self.path.split("?")[0], self._hub.name
        if found := re.fullmatch(rf"/{name}/resolve/[^/]+/(.+)", path):
            self._file(found[1])
        elif re.fullmatch(rf"/api/models/{name}(/revision/[^/]+)?", path):
            siblings = [self._sibling(one) for one in self._hub.files]
            self._answer(json.dumps({"id": name, "sha": COMMIT, "siblings": siblings}).encode(), 200, {})
        elif re.fullmatch(rf"/api/models/{name}/tree/[^/]+/?", path):
            tree = [{"type": "file", "oid": "0" * 40, **self._sibling(one)} for one in self._hub.files]
            self._answer(json.dumps([{**one, "path": one["rfilename"]} for one in tree]).encode(), 200, {})
        else:
            self._answer(b"", 404, {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET  # noqa: N815

    def _sibling(self, path: str) -> dict[str, Any]:
        size = len(self._hub.files[path])
        sibling = {"rfilename": path, "size": size, "blobId": "0" * 40}
        if path.endswith(".safetensors"):
            tag = self._hub.hash_of(path)
            sibling["lfs"] = {"size": size, "sha256": tag, "oid": tag, "pointerSize": 100}
        return sibling

    def _file(self, path: str) -> None:
        body = self._hub.files.get(path)
        if body is None:
            self._answer(b"", 404, {"X-Error-Code": "EntryNotFound"})
            return
        told = {"ETag": f'"{self._hub.hash_of(path)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        begin = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(begin[1]) if begin else 0
        if self.command == "GET":
            self._hub.sent_from.append((path, start))
        if start:
            told["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self._answer(body[start:], 206 if start else 200, told)

    def _answer(self, body: bytes, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self._hub.cut_after
        if cut is None or len(body) <= cut:
            self.wfile.write(body)
            return
        if self._hub.cuts is None:
            self.wfile.write(body[:cut])
        elif self._hub.cuts > 0:
            self._hub.cuts -= 1
            self.wfile.write(body[:cut])
        self.close_connection = True
