"""The page of what the server answers says what the server answers, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from burnish.engine.catalogue import stand_in_ids
from burnish.server import disk_space, running
from burnish.server.bedrock import jobs, paging, tagging
from burnish.server.bedrock.runtime import UNSUPPORTED
from burnish.server.door import bodies
from burnish.server.door.deadlines import Deadlines
from burnish.server.door.entrance import entrance_of
from burnish.server.iam import policies as iam_policies
from burnish.server.iam import roles as iam_roles
from burnish.server.s3 import forms, gateway, object_keys
from burnish.server.server_file import RunningServer
from burnish.server.wire import signing
from burnish.server.wire.schema import operation_model, service_model

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
SERVICES = ("bedrock", "bedrock-runtime", "iam", "sts")
#: Members of Converse that decide what is answered.
USED = {"modelId", "messages", "system", "inferenceConfig", "outputConfig"}


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture
def answered(monkeypatch, tmp_path) -> set[tuple[str, str]]:
    """Every operation that the whole server has a handler for."""
    monkeypatch.setattr(running, "create_app", lambda **parts: parts["handlers"])
    monkeypatch.setattr(running, "_drafted_sign", lambda *_: None)
    control = SimpleNamespace(data=tmp_path, iam=None, credentials=None, health=None)
    objects = SimpleNamespace(endpoint="http://127.0.0.1:1")
    server = RunningServer(url="http://127.0.0.1:1", region="us-east-1")
    return set(running._app(control, objects, entrance_of("127.0.0.1", 1), server, lambda _: None))


def listed(page: str) -> list[tuple[str, str]]:
    """The operations in the page's table, with their services."""
    rows = re.findall(rf"^\| ({'|'.join(SERVICES)}) \| (.*?) \| .+ \|$", page, re.MULTILINE)
    return [(service, name) for service, names in rows for name in re.findall(r"`(\w+)`", names)]


def words_of(page: str) -> set[str]:
    """Everything that the page has in code type."""
    return set(re.findall(r"`([^`\n]+)`", page))


def test_the_page_lists_every_operation_and_no_other(page, answered):
    assert set(listed(page)) == answered


def test_no_operation_is_listed_twice(page):
    assert len(listed(page)) == len(set(listed(page)))


def test_what_is_named_as_refused_is_an_operation_that_is_not_answered(page, answered):
    known = {name for service in SERVICES for name in service_model(service).operation_names}
    refused = (words_of(page) & known) - {name for _, name in listed(page)}
    assert {"ConverseStream", "InvokeModel", "AssumeRole"} <= refused
    assert not refused & {name for _, name in answered}


def test_every_member_of_converse_is_accounted_for(page):
    members = set(operation_model("bedrock-runtime", "Converse").input_shape.members)
    (said,) = re.findall(r"Accepted and ignored: (.+)", page)
    ignored = words_of(said)
    assert set(UNSUPPORTED) <= words_of(re.findall(r"Refused by name: (.+)", page)[0])
    assert members == USED | set(UNSUPPORTED) | ignored


@pytest.mark.parametrize("member", ["customizationConfig", "vpcConfig", "customModelKmsKeyId"])
def test_members_of_a_job_that_are_refused_are_named(page, member):
    asked = {"customizationType": "FINE_TUNING", "trainingDataConfig": {"s3Uri": "s3://bucket/key"}}
    jobs._check_kind(asked)
    with pytest.raises(jobs.ServiceFault, match=member):
        jobs._check_kind({**asked, member: {"any": "thing"}})
    assert member in words_of(page)


def test_the_stand_ins_are_those_that_the_server_has(page):
    shown = {word for word in words_of(page) if re.match(r"(us\.)?(amazon|meta)\.\w", word)}
    for word in list(shown):
        if word.startswith("meta."):  # the page says once that the others are made of it
            plain = word.removesuffix(":128k")
            shown |= {plain, f"us.{plain}"}
    assert shown == set(stand_in_ids())


def test_names_that_a_bucket_cannot_have_are_listed(page):
    names = [f"`{path[1:]}`" for path in object_keys.PROBES]
    assert f"{', '.join(names[:-1])} and {names[-1]} cannot be names of buckets" in " ".join(page.split())


@pytest.mark.parametrize(
    "limit",
    [
        f"{bodies.MAX_BODY // 2**20} MiB; above, HTTP 413",
        f"{signing.CLOCK_SKEW.seconds // 60} minutes",
        f"lists objects or parts | {gateway._MAX_DOCUMENT_LENGTH // 2**20} MiB |",
        f"before its file | {forms.MAX_FIELDS_LENGTH // 2**10} KiB |",
        f"{Deadlines.bytes_a_second // 2**10} KiB a second, counted over {Deadlines.window:g} s",
        f"{disk_space.SPARE_SHARE:.0%}".replace("%", " %")
        + f" and {disk_space.SPARE_BYTES // 2**20} MiB at least",
        f"nothing is asked for | {paging.USUAL_PAGE} |",
        f"{tagging.MAX_TAGS}; of a role or policy {iam_roles.MAX_TAGS}",
        f"{iam_roles.MAX_ATTACHED} and {iam_policies.MAX_VERSIONS}",
    ],
)
def test_limits_are_those_of_the_code(page, limit):
    assert limit in page
