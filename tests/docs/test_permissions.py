"""The permissions that the page about AWS asks for are those of the calls that are made, and no more."""

from __future__ import annotations

import json
import re
from pathlib import Path

import botocore.session
from botocore import xform_name
from documentation_pages import ROOT, blocks_of

SOURCE = ROOT / "src" / "burnish"
#: Actions of IAM that stand for calls of other names, or for what a call does beside itself.
OTHERWISE = {
    "bedrock": {"Converse": "InvokeModel"},
    "s3": {"HeadBucket": "ListBucket", "HeadObject": "GetObject", "ListObjectsV2": "ListBucket"},
}
BESIDE = {"bedrock:TagResource", "iam:PassRole", "s3:AbortMultipartUpload"}


def called(service: str, alias: str) -> set[str]:
    """The actions for the operations of a service that our source names."""
    model = botocore.session.get_session().get_service_model(service)
    text = "\n".join(path.read_text() for path in sorted((SOURCE / "aws").rglob("*.py")))
    text += (SOURCE / "evaluation" / "predicting.py").read_text()
    names = set(re.findall(r'\.(\w+)\b|"(\w+)"', text))
    words = {word for pair in names for word in pair if word}
    other = OTHERWISE.get(alias, {})
    return {
        f"{alias}:{other.get(operation, operation)}"
        for operation in model.operation_names
        if xform_name(operation) in words and "Import" not in operation
    }


def asked_for(page: Path) -> set[str]:
    (policy,) = [json.loads(block.code) for block in blocks_of(page) if block.kind == "json"]
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def test_the_permissions_are_those_of_the_calls_that_are_made():
    made = called("bedrock", "bedrock") | called("iam", "iam") | called("s3", "s3")
    made |= called("bedrock-runtime", "bedrock")
    assert asked_for(ROOT / "docs" / "how-to" / "aws.md") == made | BESIDE
