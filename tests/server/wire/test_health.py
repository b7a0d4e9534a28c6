"""`/healthz` tells anybody how the server is."""

import httpcore2
import msgspec
import pytest

from burnish.local_server.running_server import problems_at


@pytest.fixture
def ill(served):
    served.health.report("objects", "the S3 server does not answer")
    yield
    served.health.report("objects", None)


def test_a_server_that_is_well_says_so_without_a_signature(served):
    answer = httpcore2.request("GET", served.url + "/healthz")
    assert (answer.status, msgspec.json.decode(answer.content)) == (200, {"status": "ok", "problems": {}})


@pytest.mark.usefixtures("ill")
def test_a_server_that_lacks_a_part_says_which(served):
    answer = httpcore2.request("GET", served.url + "/healthz")
    assert answer.status == 503
    assert msgspec.json.decode(answer.content) == {
        "status": "degraded",
        "problems": {"objects": "the S3 server does not answer"},
    }


@pytest.mark.usefixtures("ill")
def test_the_command_line_hears_of_it(served):
    assert problems_at(served.url) == {"objects": "the S3 server does not answer"}


def test_what_is_no_server_of_this_kind_has_no_problems(object_store):
    store, _, _ = object_store
    assert problems_at(store.endpoint) == problems_at("http://127.0.0.1:1") == {}
