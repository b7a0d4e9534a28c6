"""When connections are too many, idle ones make room, and nobody who is being answered loses his."""

import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.server.door.addresses import client_of
from burnish.server.door.descriptors import OWN_DESCRIPTORS, connection_limit
from burnish.server.door.open_connections import ConnectionLimits, OpenConnections


class Opened:
    """A connection that remembers whether it was dropped."""

    def __init__(self, client=None):
        self.client_group = client
        self.is_dropped = False
        self.has_asked = False

    def drop(self):
        self.is_dropped = True

    def check(self, now):
        pass


def full(number=3, **options):
    limits = ConnectionLimits(most=number, most_of_a_client=options.pop("most_of_a_client", number))
    opened, connections = OpenConnections(limits), [Opened() for _ in range(number)]
    for connection in connections:
        opened.add(connection)
    return opened, connections


def test_the_one_that_never_asked_and_waits_longest_goes_first():
    opened, (first, second, third) = full()
    opened.set_busy(first)
    opened.set_idle(first)
    assert opened.has_room_for(None)
    assert [one.is_dropped for one in (first, second, third)] == [False, True, False]


def test_of_those_that_have_asked_the_one_idle_longest_goes():
    opened, connections = full()
    for connection in connections:
        opened.set_busy(connection)
    for connection in reversed(connections):
        opened.set_idle(connection)
    assert opened.has_room_for(None)
    assert [one.is_dropped for one in connections] == [False, False, True]


def test_nobody_who_is_being_answered_loses_his_connection():
    opened, connections = full()
    for connection in connections:
        opened.set_busy(connection)
    assert not opened.has_room_for(None)
    assert not any(one.is_dropped for one in connections)


def test_one_client_elsewhere_cannot_have_all():
    opened = OpenConnections(ConnectionLimits(most=10, most_of_a_client=2))
    connections = [Opened("192.0.2.1") for _ in range(2)]
    for connection in connections:
        opened.add(connection)
    assert not opened.has_room_for("192.0.2.1")
    assert opened.has_room_for("192.0.2.2")
    assert opened.has_room_for(None)
    opened.remove(connections[0])
    assert opened.has_room_for("192.0.2.1")


@given(
    st.lists(st.tuples(st.sampled_from(["add", "busy", "idle", "remove"]), st.integers(0, 20)), max_size=80)
)
def test_the_limit_holds_whatever_happens(steps):
    opened, known = OpenConnections(ConnectionLimits(most=5, most_of_a_client=3)), []
    for step, number in steps:
        if step == "add":
            client = [None, "192.0.2.1"][number % 2]
            if opened.has_room_for(client):
                known.append(Opened(client))
                opened.add(known[-1])
        elif known:
            connection = known[number % len(known)]
            {"busy": opened.set_busy, "idle": opened.set_idle, "remove": opened.remove}[step](connection)
        assert len(opened) <= 5
        assert not any(one.is_dropped for one in opened.snapshot())


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_client_is_an_address_or_a_network(address, client):
    assert client_of(address) == client


def test_connections_leave_descriptors_to_the_server(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))
    assert 2 * connection_limit() == 1024 - OWN_DESCRIPTORS
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 64))
    assert connection_limit() > 0
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    assert connection_limit() > 1000
