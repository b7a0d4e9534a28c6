import pytest
from prometheus_client import CollectorRegistry

from burnish.server.metrics.request_metrics import RequestMetrics
from burnish.server.request_record import EndedRequest

OPERATION = {"service": "bedrock", "operation": "GetCustomModel"}


@pytest.fixture
def registry():
    return CollectorRegistry()


def ended(outcome):
    return EndedRequest(
        **OPERATION,
        principal="arn:aws:iam::123456789012:user/jane",
        outcome=outcome,
        request_id="1",
        status=200,
        seconds_to_answer=0.2,
        seconds=3.0,
    )


def test_a_request_is_in_progress_until_it_has_ended(registry):
    metrics = RequestMetrics(registry)
    metrics.began()
    assert registry.get_sample_value("burnish_requests_in_progress") == 1
    metrics.ended(ended("success"))
    assert registry.get_sample_value("burnish_requests_in_progress") == 0


def test_requests_are_counted_by_operation_and_outcome_and_timed_to_their_answer(registry):
    metrics = RequestMetrics(registry)
    for outcome in ("success", "ThrottlingException", "success"):
        metrics.ended(ended(outcome))
    for outcome, times in (("success", 2), ("ThrottlingException", 1)):
        labels = {**OPERATION, "outcome": outcome}
        assert registry.get_sample_value("burnish_requests_total", labels) == times
    assert registry.get_sample_value("burnish_request_seconds_sum", OPERATION) == pytest.approx(0.6)


def test_nothing_that_a_client_chooses_is_a_label(registry):
    RequestMetrics(registry).ended(ended("success"))
    labels = {name for family in registry.collect() for sample in family.samples for name in sample.labels}
    assert labels == {"service", "operation", "outcome", "le"}


def test_what_could_not_be_read_is_counted_by_its_reason(registry):
    RequestMetrics(registry).unread("malformed")
    assert registry.get_sample_value("burnish_unread_requests_total", {"reason": "malformed"}) == 1
