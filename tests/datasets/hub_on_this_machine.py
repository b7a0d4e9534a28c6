"""A hub for data sets on this machine: as much of Hugging Face's as its own client asks for."""

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


@contextmanager
def hub_with(name: str, files: Mapping[str, bytes]) -> Iterator[str]:
    """The address of a hub that holds one data set, ``owner/name``, of these files."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Requests, name, files))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, name: str, files: Mapping[str, bytes], *connection: Any) -> None:
        self._name, self._files = name, files
        super().__init__(*connection)

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if found := re.fullmatch(rf"/datasets/{self._name}/resolve/[^/]+/(.+)", path):
            self._file(found[1])
        elif re.fullmatch(rf"/api/datasets/{self._name}(/revision/[^/]+)?", path):
            siblings = [{"rfilename": one} for one in self._files]
            self._json({"id": self._name, "sha": COMMIT, "siblings": siblings})
        elif found := re.fullmatch(rf"/api/datasets/{self._name}/tree/[^/]+/?(.*)", path):
            self._json(self._tree(found[1]))
        else:
            self._answer(b"", 404, {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET  # noqa: N815  # the name that is called for

    def _tree(self, folder: str) -> list[dict[str, object]]:
        """What stands in a folder, and its sub-folders."""
        under = f"{folder}/" if folder else ""
        inside = {name: len(body) for name, body in self._files.items() if name.startswith(under)}
        files = [
            {"type": "file", "path": name, "size": size, "oid": "0" * 40}
            for name, size in inside.items()
            if "/" not in name[len(under) :]
        ]
        folders = {under + name[len(under) :].split("/")[0] for name in inside if "/" in name[len(under) :]}
        return files + [{"type": "directory", "path": one, "size": 0, "oid": "0" * 40} for one in folders]

    def _file(self, path: str) -> None:
        body = self._files.get(path)
        if body is None:
            self._answer(b"", 404, {"X-Error-Code": "EntryNotFound"})
        else:
            tag = hashlib.sha256(body).hexdigest()
            self._answer(body, 200, {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT})

    def _json(self, answer: object) -> None:
        self._answer(json.dumps(answer).encode(), 200, {"Content-Type": "application/json"})

    def _answer(self, body: bytes, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
