"""`burnish serve --ui`: the one-time link that the server prints leads to the pages about it."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from whole_server import RunningServer

from burnish.waiting import wait_until

LINK = re.compile(r"Pages in a browser: (http://127\.0\.0\.1:\d+/enter/\S+)")


@pytest.fixture
def serve_with_pages(tmp_path, tiny_weights):
    """Starts a server with pages beside it and gives the file that it writes to; each ends with the test."""
    running: list[RunningServer] = []

    def start(*options: str) -> tuple[RunningServer, Path]:
        written = tmp_path / "written.log"
        with written.open("wb") as log:
            server = RunningServer(tmp_path / "data", tiny_weights, options=("--ui", *options), stderr=log)
        running.append(server)
        return server, written

    yield start
    for server in running:
        server.stop()


def link_in(written: Path, after: int = 0) -> str:
    """The link that is printed after so many others."""
    links = wait_until(
        lambda: LINK.findall(written.read_text()), lambda found: len(found) > after, interval=0.1, timeout=120
    )
    return links[after]


def visit(link: str, path: str) -> str:
    """A page, to somebody who comes in by the link."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    browser.open(link, timeout=120).read()
    place = urlsplit(link)
    with browser.open(f"{place.scheme}://{place.netloc}{path}", timeout=120) as answer:
        return answer.read().decode()


def test_the_link_of_a_server_opens_the_pages_about_it(serve_with_pages):
    server, written = serve_with_pages()
    link = link_in(written)
    page = visit(link, "/jobs")
    assert f"jobs of {server.url}" in page
    assert "No jobs yet" in page
    assert link_in(written, after=1) != link  # each works once


def test_pages_beside_a_server_trust_its_own_certificate(serve_with_pages, certificate):
    cert, key = certificate
    server, written = serve_with_pages("--tls-cert", str(cert), "--tls-key", str(key))
    assert server.url.startswith("https://")
    page = visit(link_in(written), "/jobs")
    assert f"jobs of {server.url}" in page
    assert "No jobs yet" in page
