"""What a server holds while it runs: its port."""

from __future__ import annotations

import socket

import pytest

from burnish.errors import CannotStart
from burnish.server.door.addresses import place_of
from burnish.server.running import _bound


def test_answers_are_sent_at_once_and_not_held_back_for_an_acknowledgement():
    with _bound(place_of("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_in_use_is_named_with_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"Port {port}.*--port"), _bound(place_of("127.0.0.1", port)):
            pass
