"""An endpoint that accepts connections and never responds: there is a warning, and a timeout."""

import re
import socket

import pytest

from burnish.aws import objects
from burnish.aws.clients import AccessKey, open_clients
from burnish.aws.jobs import list_jobs
from burnish.errors import CannotConnect, InvalidConfig, ServiceUnavailable


@pytest.fixture
def silent():
    """A server that accepts and says nothing, as one that hangs."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening


def url_of(listening):
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


def connections_to(listening):
    """How many have been made. They wait to be taken."""
    listening.setblocking(False)
    count = 0
    try:
        while True:
            listening.accept()[0].close()
            count += 1
    except BlockingIOError:
        return count


@pytest.fixture
def silent_clients(silent, monkeypatch, no_pauses):
    monkeypatch.setenv("BURNISH_TIMEOUT", "0.2")
    key = AccessKey(access_key_id="a", secret_access_key="b")
    return open_clients(region="us-east-1", endpoint_url=url_of(silent), credentials=key)


@pytest.mark.parametrize(
    ("ask", "tries"),
    [
        (lambda clients: list(list_jobs(clients.bedrock)), 2),
        (lambda clients: clients.account_id, 2),
        (lambda clients: list(objects.list_objects(clients.s3, objects.S3Uri("bucket"))), 5),
    ],
    ids=["bedrock", "sts", "s3"],
)
def test_an_unresponsive_endpoint_is_named_in_the_warning_and_in_the_error(
    silent_clients, silent, ask, tries, caplog
):
    url = url_of(silent)
    with pytest.raises(ServiceUnavailable, match=f"{url} accepts connections but does not answer"):
        ask(silent_clients)
    (said,) = caplog.messages
    assert re.fullmatch(rf"Waiting for {url}, .* Each of {tries} attempts times out after 0.2 sec.*", said)
    assert connections_to(silent) == tries


def test_one_that_answers_in_time_is_not_remarked_on(monkeypatch, caplog):
    monkeypatch.setenv("BURNISH_TIMEOUT", "30")
    key = AccessKey(access_key_id="a", secret_access_key="b")
    clients = open_clients(region="us-east-1", endpoint_url="http://127.0.0.1:1", credentials=key)
    with pytest.raises(CannotConnect):
        list(list_jobs(clients.bedrock))
    assert caplog.messages == []


@pytest.mark.parametrize("given", ["0", "-1", "soon", "nan", "inf"])
def test_a_time_that_is_none_is_refused(monkeypatch, given):
    monkeypatch.setenv("BURNISH_TIMEOUT", given)
    with pytest.raises(InvalidConfig, match="give a number of seconds"):
        open_clients(region="us-east-1").bedrock  # noqa: B018  opened when it is first used
