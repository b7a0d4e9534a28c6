import http.client
import os

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from burnish.errors import CannotStart
from burnish.server.health import Health
from burnish.server.metrics.listener import metrics_served
from burnish.server.metrics.state_metrics import StateMetrics
from burnish.server.store import Store
from burnish.types import JobStatus


@pytest.fixture
def registry():
    found = CollectorRegistry()
    Counter("trains", "Trains.", registry=found).inc(3)
    return found


def got(port, path="/metrics", host="127.0.0.1"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": host})
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_metrics_are_told_on_this_machine_in_the_format_of_prometheus(registry):
    with metrics_served(registry, 0) as port:
        status, text = got(port)
    assert status == 200
    (family,) = [one for one in text_string_to_metric_families(text) if one.name == "trains"]
    assert [sample.value for sample in family.samples if sample.name == "trains_total"] == [3]


def test_nothing_else_is_told_and_nobody_hears_it_afterwards(registry):
    with metrics_served(registry, 0) as port:
        assert got(port, "/")[0] == 404
    with pytest.raises(ConnectionRefusedError):
        got(port)


@pytest.mark.attack("Connections", "a page whose name stands for 127.0.0.1 asks for the metrics", "HTTP 421")
def test_a_page_under_another_name_is_told_nothing(registry):
    with metrics_served(registry, 0) as port:
        status, text = got(port, host=f"rebound.example:{port}")
    assert (status, "trains" in text) == (421, False)


def test_a_port_that_is_taken_is_one_error_with_the_option(registry):
    with (
        metrics_served(registry, 0) as port,
        pytest.raises(CannotStart, match="--metrics-port"),
        metrics_served(registry, port),
    ):
        pass


def test_the_state_is_told_as_it_is_when_somebody_asks(tmp_path):
    store, health = Store(tmp_path), Health()
    registry = CollectorRegistry()
    registry.register(StateMetrics(store, health, inference_pid=os.getpid, lost_records=lambda: 7))
    assert [registry.get_sample_value("burnish_jobs", {"status": str(one)}) for one in JobStatus] == [0] * 5
    assert registry.get_sample_value("burnish_inference_resident_bytes") > 2**20
    assert registry.get_sample_value("burnish_problem", {"part": "objects"}) is None
    health.report("objects", "the S3 server has ended")
    assert registry.get_sample_value("burnish_problem", {"part": "objects"}) == 1
    assert registry.get_sample_value("burnish_invocation_log_records_lost_total") == 7
    store.close()
