"""The pages of `burnish ui` as a browser gets them: for tests of what actions do, and for browsers."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from burnish.aws.clients import Clients
from burnish.ui.guards import ENTRANCE
from burnish.ui.sessions import Sessions
from burnish.ui.site import create_site
from burnish.ui.views import VIEWS
from burnish.ui.workbench import Workbench
from burnish.waiting import wait_until

ORIGIN = "http://127.0.0.1"


class Visitor:
    """Somebody who has come in."""

    def __init__(self, client: TestClient) -> None:
        self._client = client
        self.csrf = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/jobs").text)[1]

    def read(self, path: str, status: int = 200) -> str:
        """The text of a page."""
        answer = self._client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def act(self, path: str, status: int = 200, **form: str) -> str:
        """What a form leads to."""
        answer = self._client.post(path, data={"csrf": self.csrf, **form}, headers={"Origin": ORIGIN})
        assert answer.status_code == status, answer.text
        return answer.text

    def drop(self, path: str, document: bytes, *, csrf: str | None = None):
        """What is answered to a document that is dropped onto a page."""
        headers = {"Origin": ORIGIN, "Content-Type": "application/octet-stream"}
        token = self.csrf if csrf is None else csrf
        return self._client.post(path, content=document, headers={**headers, "X-CSRF-Token": token})


def site_of(folder: Path, clients: Clients) -> tuple[ASGIApp, str]:
    """The pages of a folder and an endpoint, and the path that lets one in."""
    sessions = Sessions()
    bench = Workbench(folders=(folder,), clients=clients)
    return create_site(
        bench, VIEWS, sessions=sessions, cookie="burnish-ui"
    ), f"{ENTRANCE}{sessions.next_link}"


@contextlib.contextmanager
def visiting(folder: Path, clients: Clients) -> Iterator[Visitor]:
    """The pages of a folder and an endpoint, to somebody who has come in by the link."""
    site, entrance = site_of(folder, clients)
    with TestClient(site, base_url=ORIGIN) as client:
        client.get(entrance)
        yield Visitor(client)


@contextlib.contextmanager
def served(folder: Path, clients: Clients) -> Iterator[str]:
    """The pages of a folder and an endpoint, to browsers: the link, on a port of this machine."""
    site, entrance = site_of(folder, clients)
    running = uvicorn.Server(uvicorn.Config(site, port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    wait_until(lambda: running.started, bool, interval=0.05, timeout=30)
    port = running.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}{entrance}"
    finally:
        running.should_exit = True
        thread.join()
