"""The suite passes where a server does as AWS does, says so where it does not, and leaves nothing behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from burnish.aws.clients import open_clients
from burnish.conformance.check import CheckGroup
from burnish.conformance.expectations import expect_equal, refused
from burnish.conformance.running import SUITE, CheckOutcome, run_suite
from burnish.conformance.subject import Subject
from burnish.conformance.table import ServerResults, read_results, table_of, unmet_statements

sys.path.append(str(Path(__file__).parents[1] / "docs"))
import conformance_table


@pytest.fixture(scope="module")
def subject(burnish_server) -> Subject:
    return Subject(clients=burnish_server.clients(), endpoint_url=burnish_server.url)


def outcome_of(subject, run, **options):
    """What comes of one check, and why."""
    group = CheckGroup("bedrock")
    group.check("GetGuardrail", "anything", **options)(run)
    (result,) = run_suite(subject, checks=group)
    return result.outcome, result.detail


def test_the_page_tells_what_the_server_does(burnish_server):
    found = conformance_table.examined(burnish_server.clients(), burnish_server.url)
    kept = read_results(conformance_table.OWN).checks
    known = {(one.statement, one.outcome) for one in kept}
    differing = [one for one in found if (one.statement, one.outcome) not in known]
    assert differing == [], "python tests/docs/conformance_table.py keeps the new results"
    assert len(found) == len(kept)


def test_the_page_has_the_kept_results():
    page = conformance_table.PAGE.read_text("utf-8")
    assert conformance_table.page_with(conformance_table.kept_section(), page) == page


def test_nothing_is_left_behind(subject):
    checks = [one for one in SUITE if one.service in ("s3", "iam")]
    run_suite(subject, checks=checks)
    names = {one["Name"] for one in subject.clients.s3.list_buckets()["Buckets"]}
    assert subject.name("bucket") in names
    assert subject.clean_up() == []
    names = {one["Name"] for one in subject.clients.s3.list_buckets()["Buckets"]}
    iam = subject.clients.iam
    names |= {one["RoleName"] for one in iam.list_roles()["Roles"]}
    names |= {one["UserName"] for one in iam.list_users()["Users"]}
    names |= {one["GroupName"] for one in iam.list_groups()["Groups"]}
    assert not [one for one in names if one.startswith(subject.prefix)]


def test_another_answer_fails_a_check_with_both_values(subject):
    outcome, detail = outcome_of(subject, lambda _: expect_equal(1, 2, of="the number"))
    assert (outcome, detail) == (CheckOutcome.FAILED, "the number is 1, not 2")


def test_what_is_accepted_where_aws_refuses_it_fails_a_check(subject):
    def run(subject):
        with refused("ValidationException"):
            subject.clients.bedrock.list_foundation_models()

    outcome, detail = outcome_of(subject, run)
    assert (outcome, detail) == (
        CheckOutcome.FAILED,
        "accepted, where AWS refuses it with ValidationException",
    )


def test_another_error_fails_a_check(subject):
    def run(subject):
        with refused("ValidationException"):
            subject.clients.bedrock.get_custom_model(modelIdentifier="nosuch")

    outcome, detail = outcome_of(subject, run)
    assert outcome is CheckOutcome.FAILED
    assert "ResourceNotFoundException, not ValidationException" in detail


def test_an_operation_that_is_not_there_is_not_answered(subject):
    def run(subject):
        with refused("ResourceNotFoundException"):
            subject.clients.bedrock.get_guardrail(guardrailIdentifier="abc")

    assert outcome_of(subject, run)[0] is CheckOutcome.NOT_ANSWERED


def test_what_could_not_be_made_once_is_not_made_again(subject):
    calls = []

    def make():
        calls.append(1)
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            subject.once("nothing", make)
    assert len(calls) == 1


def test_on_aws_nothing_is_run_that_costs_money_unless_it_may(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    aws = Subject(clients=open_clients(region="us-east-1"))
    calls = []
    assert outcome_of(aws, calls.append, is_billed=True)[0] is CheckOutcome.NOT_RUN
    assert calls == []
    assert outcome_of(aws, calls.append)[0] is CheckOutcome.PASSED


def test_servers_stand_side_by_side(subject):
    def fail(_):
        raise LookupError("no")

    group = CheckGroup("s3")
    group.check("GetObject", "first")(lambda _: None)
    group.check("GetObject", "second")(fail)
    ours = ServerResults(server="ours", checks=run_suite(subject, checks=group))
    theirs = ServerResults(
        server="theirs 1.0", date="2026-11-28", checks=run_suite(subject, checks=list(group)[:1])
    )
    rows = table_of([ours, theirs]).splitlines()
    assert rows[0] == "| service | operation | ours | theirs 1.0, 2026-11-28 |"
    assert rows[2:] == ["| `s3` | `GetObject` | 1 of 2 | 1 of 1 |", "| all |  | 1 of 2 | 1 of 1 |"]
    assert unmet_statements(ours) == "- `GetObject`: second (failed)"
