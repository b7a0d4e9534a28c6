"""A job refuses what a check refuses, in the same words, and names what cannot be learnt from here."""

from __future__ import annotations

import copy
import io
import json
import random

import pytest
from checking.example_records import good, lines, plain
from checking.spoilt_records import JSON, SPOILT, changed
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from burnish.checking import problems_of, raise_for
from burnish.checking.scanning import scan_records
from burnish.errors import AccessDenied, InvalidRecords, NotFound
from burnish.families import family_of
from burnish.server.training.job_records import MAX_MESSAGE_LENGTH, check_pages, read_job_records, rules_here

OPEN, LITE, NOVA_2 = "local.any-v1:0", "amazon.nova-lite-v1:0:300k", "amazon.nova-2-lite-v1:0:256k"
TRAIN, VALIDATION = "s3://bucket/train.jsonl", "s3://bucket/validation.jsonl"


class Objects(dict[str, bytes | None]):
    """Objects in memory; one that is None may not be read."""

    def read(self, uri: str, *, most_bytes: int | None = None) -> bytes:
        if uri not in self:
            raise NotFound(f"There is no object {uri}")
        body = self[uri]
        if body is None:
            raise AccessDenied(uri)
        return body


def refusal(body: bytes, model: str = OPEN, validation: bytes | None = None) -> str:
    """Why a job on these records is refused; empty where it is not."""
    objects = Objects({TRAIN: body, VALIDATION: validation or b""})
    validators = [] if validation is None else [VALIDATION]
    try:
        read_job_records(objects, TRAIN, validators, rules=rules_here(model))
    except InvalidRecords as error:
        return str(error)
    return ""


def checked(body: bytes, model: str) -> str:
    """What a check says of the same records, listed as a job lists it."""
    rules = family_of(model).tuning(model).rules
    scan = scan_records(io.BytesIO(body), rules=rules, where=TRAIN, bucket="bucket")
    try:
        raise_for(problems_of([scan], rules), longest=MAX_MESSAGE_LENGTH)
    except InvalidRecords as error:
        return str(error)
    return ""


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    value=JSON,
    of=st.sampled_from([good, plain]),
    spoilt=st.lists(st.sampled_from(SPOILT), max_size=1),
)
def test_whatever_is_wrong_with_a_record_a_job_says_what_a_check_says(seed, value, of, spoilt):
    line = json.dumps(changed(of(100), random.Random(seed), value)).encode()
    for old, new in spoilt:
        line = line.replace(old, new, 1)
    body = b"".join([*lines(*[of(number) for number in range(8)]), line, b"\n"])
    said = checked(body, OPEN)
    assert refusal(body) == said or "the same as line" in said


def spoilt_by(change, model: str = OPEN) -> str:
    records = [good(number) for number in range(8)]
    change(records[4])
    return refusal(b"".join(lines(*records)), model)


def medium(kind: str, form: str) -> dict:
    location = {"uri": f"s3://bucket/a.{form}", "bucketOwner": "123456789012"}
    return {kind: {"format": form, "source": {"s3Location": location}}}


def add(*blocks, turn: int = 0):
    return lambda record: record["messages"][turn]["content"].extend(copy.deepcopy(blocks))


REASONING = {"reasoningContent": {"reasoningText": {"text": "x"}}}
TOOL = {"toolUse": {"toolUseId": "1", "name": "x", "input": {}}}
HERE = "this server's models read text and images"


@pytest.mark.parametrize(
    ("change", "model", "says"),
    [
        (add(medium("document", "pdf")), OPEN, f"no document can be used: {HERE}"),
        (add(medium("document", "pdf")), LITE, f"no document can be used: {HERE}"),
        (add(medium("video", "mp4")), OPEN, HERE),
        (add(medium("video", "mp4")), LITE, HERE),
        (add(REASONING, turn=1), NOVA_2, f"is reasoning: {HERE}"),
        (add(TOOL, turn=1), LITE, f"belongs to a tool: {HERE}"),
        (add({"audio": {"format": "mp3"}}), OPEN, "holds 'audio'"),
        (add({"cachePoint": {"type": "default"}}), OPEN, "holds 'cachePoint'"),
        (add({"guardContent": {"text": {"text": "x"}}}), LITE, "holds 'guardContent'"),
        (add({"txt": "x"}), OPEN, "holds 'txt'"),
        (add({"text": " "}), OPEN, "text is empty"),
        (lambda one: one["messages"][1]["content"][0].update(text=""), OPEN, "text is empty"),
        (lambda one: one["messages"][0].update(content=[]), OPEN, "messages[0] has no content"),
        (lambda one: one["messages"].insert(0, one["messages"][0]), OPEN, "user, user, assistant"),
        (lambda one: one["messages"][1].update(role="model"), OPEN, "user, model"),
        (lambda one: one.update(schemaVersion="x"), OPEN, "schemaVersion is 'x'"),
        (lambda one: one.pop("schemaVersion"), OPEN, "schemaVersion is None"),
        (lambda one: one.update(sytem=one.pop("system")), OPEN, "'sytem'"),
        (
            lambda one: one["messages"][0]["content"][1]["image"].update(format="tiff"),
            OPEN,
            "format is 'tiff'",
        ),
        (lambda one: one["messages"][0]["content"][0].update(text="User: x"), LITE, "'User:'"),
        (lambda one: one["messages"][1]["content"][0].update(text="Thought: x"), LITE, "'Thought:'"),
    ],
)
def test_what_cannot_be_learnt_is_refused_with_its_file_and_line(change, model, says):
    said = spoilt_by(change, model)
    assert f"\n  - {TRAIN}, line 5: " in said
    assert says in said


def test_members_that_are_null_are_members_that_are_left_out():
    record = good(1)
    record["system"] = None
    for block in record["messages"][0]["content"]:
        block.update(dict.fromkeys({"text", "image", "video", "document"} - block.keys()))
    record["messages"][0]["content"][1]["image"]["source"]["s3Location"]["bucketOwner"] = None
    assert refusal(b"".join(lines(record))) == ""


@pytest.mark.parametrize(
    ("training", "validation", "model", "says"),
    [
        (0, None, OPEN, f"{TRAIN}: there are no records"),
        (7, None, LITE, "7 records; at least 8 are needed"),
        (8, 0, OPEN, f"{VALIDATION}: there are no records"),
        (200, 1, NOVA_2, "1 records; at most 0 can be used: the model takes no validation data"),
        (19_999, 2, LITE, "20001 records in all; at most 20000"),
    ],
)
def test_records_are_counted_as_the_model_wants(training, validation, model, says):
    train = b"".join(lines(plain(0)) * training)
    held_out = None if validation is None else b"".join(lines(plain(1)) * validation)
    assert says in refusal(train, model, held_out)


def test_validators_are_checked_and_counted_together():
    held_out = lines(*[good(number) for number in range(20, 24)])
    objects = Objects({TRAIN: b"".join(lines(good(0), good(1)))})
    uris = ["s3://bucket/0.jsonl", "s3://bucket/2.jsonl"]
    objects |= {uris[0]: b"".join(held_out[:2]), uris[1]: b"".join(held_out[2:])}
    records = read_job_records(objects, TRAIN, uris, rules=rules_here(OPEN))
    places = [(placed.where, placed.line) for placed in records.validation]
    assert places == [(uri, line) for uri in uris for line in (1, 2)]
    objects[uris[1]] = b"".join([*held_out[2:], b"oops\n"])
    with pytest.raises(InvalidRecords, match=r"2\.jsonl, line 3: it is not JSON"):
        read_job_records(objects, TRAIN, uris, rules=rules_here(OPEN))


def test_what_a_service_would_train_on_is_trained_on_and_said():
    records = [good(number) for number in range(4)]
    records.append(copy.deepcopy(records[0]))
    records[-1]["messages"][1]["content"][0]["text"] = '{"type": "other"}'
    objects = Objects({TRAIN: b"".join(lines(*records)), VALIDATION: b"".join(lines(good(1)))})
    found = read_job_records(objects, TRAIN, [VALIDATION], rules=rules_here(OPEN))
    said = "\n".join(map(str, found.doubts))
    assert len(found.training) == 5
    assert f"{TRAIN}, line 5: the same as line 1, but labelled 'other' and not 'a'" in said
    assert f"{VALIDATION}, line 1: its page is also in {TRAIN}, line 2" in said


def page(form: str = "png") -> bytes:
    body = io.BytesIO()
    Image.new("L", (40, 50), 200).save(body, form)
    return body.getvalue()


@pytest.fixture
def pages() -> Objects:
    """Four records in S3, and their pages."""
    objects = Objects({f"s3://bucket/{number}.png": page() for number in range(4)})
    objects[TRAIN] = b"".join(lines(*[good(number) for number in range(4)]))
    return objects


def check(objects: Objects, done: list[int]) -> None:
    rules = rules_here(OPEN)
    records = read_job_records(objects, TRAIN, [], rules=rules)
    check_pages(objects, records, rules=rules, on_page=lambda: done.append(1))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (None, "the role may not read the image s3://bucket/2.png: allow s3:GetObject on it"),
        (b"", "s3://bucket/2.png is empty"),
        (b"<html>403 Forbidden</html>", "s3://bucket/2.png is html or xml by its content"),
        (page("tiff"), "is tiff by its content, and its record says png"),
        (page("jpeg"), "is jpeg by its content, and its record says png: write jpeg as its format"),
        (b"%PDF-1.4\n", "is pdf by its content"),
        (page()[:60], "s3://bucket/2.png cannot be decoded"),
    ],
)
def test_a_page_that_is_not_what_its_record_says_is_named_with_the_line(pages, body, says):
    pages["s3://bucket/2.png"] = body
    done: list[int] = []
    with pytest.raises(InvalidRecords) as refused:
        check(pages, done)
    assert f"\n  - {TRAIN}, line 3: " in str(refused.value)
    assert says in str(refused.value)
    assert str(refused.value).count(", line ") == 1
    assert len(done) == 4


def test_a_page_that_is_not_there_is_named_with_the_line(pages):
    del pages["s3://bucket/1.png"]
    with pytest.raises(InvalidRecords, match=r"line 2: there is no object s3://bucket/1\.png"):
        check(pages, [])


def test_pages_that_are_what_their_records_say_are_fine(pages):
    check(pages, [])
