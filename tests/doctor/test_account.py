from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from burnish.aws.clients import AccessKey, open_clients
from burnish.doctor.account import check_account, check_clock, check_models
from burnish.doctor.check_results import Severity


def answered_at(when: datetime) -> dict:
    return {"ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(when)}}}


def test_without_a_region_calls_go_nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    (found,) = check_account(open_clients())
    assert found.severity is Severity.NOTE
    assert "burnish env" in found.remedy


def test_an_endpoint_at_which_nobody_answers_is_a_problem(monkeypatch: pytest.MonkeyPatch):
    key = AccessKey(access_key_id="a", secret_access_key="b")
    clients = open_clients(region="us-east-1", endpoint_url="http://127.0.0.1:1", credentials=key)
    place, found = check_account(clients)
    assert "http://127.0.0.1:1" in place.says
    assert found.severity is Severity.PROBLEM
    assert "burnish serve" in found.remedy


@pytest.mark.parametrize(
    ("minutes", "severity"),
    [(0, Severity.OK), (4, Severity.OK), (-6, Severity.PROBLEM), (6, Severity.PROBLEM)],
)
def test_a_clock_that_is_off_by_more_than_signatures_allow_is_a_problem(minutes, severity):
    answer = answered_at(datetime.now(UTC) + timedelta(minutes=minutes))
    assert check_clock(answer).severity is severity


def test_a_region_without_a_model_to_fine_tune_is_a_problem():
    models = [{"modelId": "a", "customizationsSupported": ["FINE_TUNING"]}, {"modelId": "b"}]
    assert check_models(models, "us-east-1").says == "1 of 2 base models can be fine-tuned"
    assert check_models(models[1:], "eu-north-1").severity is Severity.PROBLEM
