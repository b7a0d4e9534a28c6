"""The tools of a record: taken with a warning where all is right, and refused as AWS's validator does."""

import copy

import pytest
from example_records import plain

from burnish.checking.record_rules import findings_in
from burnish.families import family_named

NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k").rules
OPEN_WEIGHTS = family_named("open_weights").tuning("local.any-v1:0").rules
SPEC = {"name": "look_up", "description": "Looks up", "inputSchema": {"json": {"type": "object"}}}
USE = {"toolUse": {"toolUseId": "1", "name": "look_up", "input": {}}}
RESULT = {"toolResult": {"toolUseId": "1", "content": [{"text": "found"}]}}


def record():
    """A record in which a tool is used."""
    whole = plain(1)
    whole["toolConfig"] = {"tools": [{"toolSpec": copy.deepcopy(SPEC)}]}
    question, answer = whole["messages"]
    whole["messages"] = [
        question,
        {"role": "assistant", "content": [copy.deepcopy(USE)]},
        {"role": "user", "content": [copy.deepcopy(RESULT)]},
        answer,
    ]
    return whole


def errors_of(changed, rules=NOVA) -> list[str]:
    return [one.text for one in findings_in(changed, rules) if not one.is_warning]


def test_tools_that_are_described_and_used_rightly_are_warned_of_only():
    assert errors_of(record()) == []
    assert any("may make the job fail" in one.text for one in findings_in(record(), NOVA))


def test_where_no_tools_are_read_they_are_refused_by_name():
    said = errors_of(record(), OPEN_WEIGHTS)
    assert "toolConfig describes tools: this server's models read text and images. Leave it out" in said
    assert len(said) == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda one: one["toolConfig"].update(tools=[]), "toolConfig.tools must be a list of tools"),
        (lambda one: one.update(toolConfig=3), "toolConfig.tools must be a list of tools"),
        (lambda one: one["toolConfig"]["tools"].append({"toolSpec": SPEC}), "describes 'look_up' twice"),
        (lambda one: one["toolConfig"]["tools"][0]["toolSpec"].pop("description"), "has no description"),
        (lambda one: one["toolConfig"]["tools"][0]["toolSpec"].pop("inputSchema"), "has no type"),
        (lambda one: one["messages"][1]["content"][0]["toolUse"].update(name="other"), "uses 'other'"),
        (lambda one: one["messages"][1]["content"].append(USE), "as an earlier use"),
        (lambda one: one["messages"][2]["content"][0]["toolResult"].update(toolUseId="9"), "no earlier use"),
        (lambda one: one["messages"][0]["content"].append(USE), "a toolUse of the user"),
        (lambda one: one["messages"][1]["content"].append(RESULT), "a toolResult of the assistant"),
    ],
)
def test_what_is_wrong_with_tools_is_named(change, says):
    changed = record()
    change(changed)
    assert any(says in text for text in errors_of(changed))
