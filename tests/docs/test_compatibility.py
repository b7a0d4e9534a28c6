"""The pages of what the server answers say what the server answers, no more and no less."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from burnish.engine.catalogue import stand_in_ids
from burnish.server import disk_space, running
from burnish.server.bedrock import jobs, paging, tagging
from burnish.server.bedrock.runtime.converse_requests import UNSUPPORTED
from burnish.server.door import bodies
from burnish.server.door.deadlines import Deadlines
from burnish.server.iam import entity_policies
from burnish.server.iam import policies as iam_policies
from burnish.server.s3 import forms, gateway, object_keys
from burnish.server.wire import signing
from burnish.server.wire.schema import operation_model, service_model

DOCS = Path(__file__).parents[2] / "docs"
OVERVIEW = DOCS / "compatibility.md"
SERVICES = ("bedrock", "bedrock-runtime", "iam", "sts")
#: Members of Converse that decide what is answered.
USED = {"modelId", "messages", "system", "inferenceConfig", "outputConfig", "toolConfig"}
USED |= {"additionalModelRequestFields", "additionalModelResponseFieldPaths"}


@pytest.fixture(scope="module")
def page() -> str:
    """All of the pages."""
    pages = [OVERVIEW, *sorted((DOCS / "compatibility").glob("*.md"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in pages)


@pytest.fixture
def answered(tmp_path) -> set[tuple[str, str]]:
    """Every operation that the whole server has a handler for."""
    control = SimpleNamespace(
        data=tmp_path, iam=None, credentials=None, health=None, public_access=None, objects_endpoint=""
    )
    logs = running.InvocationLog(control)
    return set(running._handlers(control, SimpleNamespace(), running.Conduct(), logs))


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


def test_the_overview_counts_the_operations_of_each_service(answered):
    counts = dict(re.findall(r"^\| ([\w ]+) \| (\d+) \|", OVERVIEW.read_text("utf-8"), re.MULTILINE))
    of_each = Counter(service.replace("-", " ") for service, _ in answered)
    assert {name.lower(): int(count) for name, count in counts.items()} == of_each


def test_what_is_named_as_refused_is_an_operation_that_is_not_answered(page, answered):
    known = {name for service in SERVICES for name in service_model(service).operation_names}
    refused = (words_of(page) & known) - {name for _, name in listed(page)}
    assert {"ApplyGuardrail", "AssumeRoleWithSAML"} <= refused
    assert not refused & {name for _, name in answered}


def test_every_member_of_converse_is_accounted_for(page):
    members = set(operation_model("bedrock-runtime", "Converse").input_shape.members)
    (said,) = re.findall(r"Accepted and ignored: (.+)", page)
    ignored = words_of(said)
    assert set(UNSUPPORTED) <= words_of(re.findall(r"Refused by name: (.+)", page)[0])
    assert members == USED | set(UNSUPPORTED) | ignored


def test_the_kinds_of_customization_are_named(page):
    assert set(jobs.KINDS) <= words_of(page)


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
        f"{tagging.MAX_TAGS}; of a role, user or policy {entity_policies.MAX_TAGS}",
        f"{entity_policies.MAX_ATTACHED} and {iam_policies.MAX_VERSIONS}",
    ],
)
def test_limits_are_those_of_the_code(page, limit):
    assert limit in page
