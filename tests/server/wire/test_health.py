"""`/healthz` tells anybody how the server is."""

import httpcore
import msgspec
import pytest


@pytest.fixture
def ill(served):
    served.health.report("objects", "the S3 server does not answer")
    yield
    served.health.report("objects", None)


def test_a_server_that_is_well_says_so_without_a_signature(served):
    answer = httpcore.request("GET", served.url + "/healthz")
    assert (answer.status, msgspec.json.decode(answer.content)) == (200, {"status": "ok", "problems": {}})


@pytest.mark.usefixtures("ill")
def test_a_server_that_lacks_a_part_says_which(served):
    answer = httpcore.request("GET", served.url + "/healthz")
    assert answer.status == 503
    assert msgspec.json.decode(answer.content) == {
        "status": "degraded",
        "problems": {"objects": "the S3 server does not answer"},
    }
