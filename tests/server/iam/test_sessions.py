"""Sessions that the server begins itself, and keeps alive or ends as it needs them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from burnish.server.iam.sessions import begin_session, end_sessions, prolong_sessions, service_role

READING = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "*"}}'
)


@pytest.fixture
def role(served):
    return service_role(served.iam, "OwnRole", account_id="123456789012", policy=READING)


def client_of(served, made):
    key = {
        "aws_access_key_id": made.key_id,
        "aws_secret_access_key": made.secret,
        "aws_session_token": made.token,
    }
    return served.client("iam", key=key)


def test_a_session_of_the_server_may_do_what_its_role_may_until_it_is_ended(served, role):
    made = begin_session(served.iam, role, name="a-session", lasting=timedelta(hours=1))
    iam = client_of(served, made)
    assert iam.get_role(RoleName="OwnRole")["Role"]["Path"] == "/service-role/"
    with pytest.raises(ClientError, match="AccessDenied"):
        iam.delete_role(RoleName="OwnRole")
    end_sessions(served.iam, [made.key_id])
    with pytest.raises(ClientError, match=r"InvalidClientTokenId|UnrecognizedClient"):
        iam.get_role(RoleName="OwnRole")


def test_a_session_that_has_expired_is_good_again_once_it_is_prolonged(served, role):
    made = begin_session(served.iam, role, name="a-session", lasting=timedelta(seconds=-1))
    iam = client_of(served, made)
    with pytest.raises(ClientError, match="ExpiredToken"):
        iam.get_role(RoleName="OwnRole")
    prolong_sessions(served.iam, [made.key_id], timedelta(hours=1))
    assert iam.get_role(RoleName="OwnRole")


def test_a_service_role_is_made_once_and_has_the_policy_it_is_given_last(served, role):
    again = service_role(
        served.iam, "OwnRole", account_id="123456789012", policy=READING.replace("Get", "List")
    )
    assert again.id == role.id
    assert "iam:ListRole" in served.iam.policy_documents_of("OwnRole")[0]
