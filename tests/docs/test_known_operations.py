"""What is new in botocore is found: operations, and members of those that there were."""

from __future__ import annotations

from known_operations import installed, news


def test_a_new_operation_and_a_new_member_are_named():
    known = {"sts": {"GetCallerIdentity": ["output.Arn"], "Old": []}}
    found = {"sts": {"GetCallerIdentity": ["output.Arn", "output.Name"], "New": ["input.Name"]}}
    assert news(known, found) == [
        "sts: GetCallerIdentity has a new output.Name",
        "sts: New is new",
        "sts: Old is gone",
    ]


def test_what_is_installed_is_every_operation_with_its_members():
    found = installed()
    assert found["sts"]["GetCallerIdentity"] == ["output.Account", "output.Arn", "output.UserId"]
    assert news(found, found) == []
    assert "input.toolConfig" in found["bedrock-runtime"]["Converse"]
