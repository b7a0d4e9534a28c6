"""The site on a port of this machine, until it is interrupted."""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import uvicorn

from burnish.cache import cache_folder, private_file, private_folder
from burnish.errors import CannotStart
from burnish.ui.guards import ENTRANCE
from burnish.ui.sessions import Sessions
from burnish.ui.site import create_site
from burnish.ui.visits import SiteView
from burnish.ui.workbench import Workbench

HOST = "127.0.0.1"


def run_site(
    bench: Workbench,
    views: Sequence[SiteView],
    *,
    port: int,
    on_link: Callable[[str], None],
    opens_browser: bool,
) -> None:
    """Serve the views to this machine until interrupted.

    ``on_link`` is told the link that opens them, and the next one as soon as it is used. Raises `CannotStart`
    where the port is taken.
    """
    with _bound(port) as listening:
        sessions, own_port = Sessions(), listening.getsockname()[1]

        def link() -> str:
            return f"http://{HOST}:{own_port}{ENTRANCE}{sessions.next_link}"

        # Of this port: the cookies of all ports of a machine are in one jar.
        cookie = f"burnish-ui-{own_port}"
        site = create_site(bench, views, sessions=sessions, cookie=cookie, on_enter=lambda: on_link(link()))
        config = uvicorn.Config(
            site,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
        )
        on_link(link())
        if opens_browser and _has_screen():
            _open(link(), own_port)
        uvicorn.Server(config).run(sockets=[listening])


def _bound(port: int) -> socket.socket:
    """A socket on the loopback address: no other machine reaches it."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()  # before the link is told: whoever is quicker than the server waits for it
    except OSError as error:
        listening.close()
        raise CannotStart(
            f"Port {port} of {HOST} cannot be used: {error.strerror}. Leave --port out, or choose another"
        ) from error
    return listening


def _has_screen() -> bool:
    """Whether a browser can open a window. Without one, Python would start a browser in the terminal."""
    return not sys.platform.startswith("linux") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _open(link: str, port: int) -> None:
    """Open the link in a browser, by way of a file: what a command line holds, all users can see."""
    page = private_file(_opening_page(port))
    page.write_text(
        f'<!doctype html><meta http-equiv="refresh" content="0;url={escape(link)}"><title>Burnish</title>'
    )
    webbrowser.open(page.as_uri())


def _opening_page(port: int) -> Path:
    return private_folder(cache_folder() / "ui") / f"open-{port}.html"
