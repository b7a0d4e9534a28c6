import gzip
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.aws import objects
from burnish.aws.objects import S3Uri, split_training_data
from burnish.errors import InvalidConfig, InvalidRecords, NotFound
from burnish.families import DatasetRules
from burnish.records import classification_prompt, classification_record, label_of, line_of, record_of

LABELS = ("invoice", "letter", "memo")
PROMPT = classification_prompt(LABELS)


def line(label: str, number: int) -> bytes:
    uri = f"s3://pages/{label}/{number}.png"
    return line_of(classification_record(PROMPT, image_uri=uri, bucket_owner="123456789012", label=label))


def lines_of(counts: dict[str, int]) -> list[bytes]:
    lines = [line(label, number) for label, count in counts.items() for number in range(count)]
    random.Random(7).shuffle(lines)
    return lines


@pytest.fixture
def uploaded(s3, s3_folder):
    def upload(lines: list[bytes], name: str = "training.jsonl") -> str:
        objects.upload_bytes(s3, s3_folder.child(name), b"".join(lines))
        return str(s3_folder.child(name))

    return upload


def content(s3, uri: str) -> list[bytes]:
    return objects.read_bytes(s3, S3Uri.parse(uri)).splitlines(keepends=True)


def labels_of(lines: list[bytes]) -> list[str | None]:
    return [label_of(record_of(line).answer) for line in lines]


def test_a_uri_is_taken_apart_and_put_together():
    uri = S3Uri.parse("s3://bucket/a/b.jsonl")
    assert (uri.bucket, uri.key, str(uri)) == ("bucket", "a/b.jsonl", "s3://bucket/a/b.jsonl")
    assert str(uri.sibling("c")) == "s3://bucket/a/c"
    assert str(S3Uri.parse("s3://bucket/out/").child("x/")) == "s3://bucket/out/x/"
    assert str(S3Uri.parse("s3://bucket").child("x")) == "s3://bucket/x"
    assert str(S3Uri.parse("s3://bucket/b").sibling("x")) == "s3://bucket/x"


@pytest.mark.parametrize("text", ["bucket/key", "https://bucket/key", "s3://", "s3:///key"])
def test_what_is_no_uri_is_refused(text):
    with pytest.raises(InvalidConfig, match="s3://bucket/key"):
        S3Uri.parse(text)


def test_a_bucket_is_made_once(s3):
    assert objects.ensure_bucket(s3, "made-just-once", region="us-east-1")
    assert not objects.ensure_bucket(s3, "made-just-once", region="us-east-1")


def test_an_object_has_a_size_and_a_missing_one_has_none(s3, s3_folder):
    objects.upload_bytes(s3, s3_folder.child("a"), b"four")
    assert objects.size_of(s3, s3_folder.child("a")) == 4
    assert objects.size_of(s3, s3_folder.child("b")) is None
    with pytest.raises(NotFound, match="NoSuchKey"):
        objects.read_bytes(s3, s3_folder.child("b"))


def test_a_file_travels_both_ways_in_parts(s3, s3_folder, tmp_path):
    body = random.Random(0).randbytes(9 * 1024 * 1024)
    (tmp_path / "up").write_bytes(body)
    objects.upload_file(s3, s3_folder.child("large"), tmp_path / "up")
    objects.download_file(s3, s3_folder.child("large"), tmp_path / "down")
    assert (tmp_path / "down").read_bytes() == body


def test_a_folder_is_listed_in_the_order_of_its_keys(s3, s3_folder):
    for name in ("b", "a", "c/d"):
        objects.upload_bytes(s3, s3_folder.child(name), b"")
    listed = list(objects.list_objects(s3, s3_folder.child("")))
    assert listed == [s3_folder.child(name) for name in ("a", "b", "c/d")]


def test_a_split_gives_each_label_its_share_and_loses_nothing(s3, uploaded):
    lines = lines_of({"invoice": 20, "letter": 10, "memo": 2})
    training, validation = (
        content(s3, uri) for uri in split_training_data(s3, uploaded(lines), share=0.2, seed=0)
    )
    assert sorted(training + validation) == sorted(lines)
    assert {label: labels_of(validation).count(label) for label in LABELS} == {
        "invoice": 4,
        "letter": 2,
        "memo": 1,
    }


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (DatasetRules(min_records=8), "at least 8 are needed to train on. Add records"),
        (DatasetRules(min_records=1, max_validation_records=0), "takes no validation data. Leave out"),
        (DatasetRules(min_records=1, max_validation_records=1), "at most 1 can be used to validate"),
        (DatasetRules(min_records=1, min_validation_records=3), "at least 3 are needed to validate"),
    ],
)
def test_a_split_whose_numbers_a_service_would_refuse_uploads_nothing(s3, uploaded, s3_folder, rules, says):
    uri = uploaded(lines_of({"invoice": 4, "letter": 4}))
    with pytest.raises(InvalidRecords, match=f"6 records to train on and 2 to validate.*{says}"):
        split_training_data(s3, uri, share=0.2, seed=0, rules=rules)
    assert [str(one) for one in objects.list_objects(s3, s3_folder.child(""))] == [uri]


def test_the_source_is_never_written_to(s3, uploaded):
    lines = lines_of({"invoice": 10, "letter": 10})
    uri = uploaded(lines)
    for _ in range(3):
        split_training_data(s3, uri, share=0.2, seed=0)
    assert content(s3, uri) == lines


def test_the_same_seed_gives_the_same_objects_and_another_gives_others(s3, uploaded):
    uri = uploaded(lines_of({"invoice": 20, "letter": 20}))
    first = split_training_data(s3, uri, share=0.2, seed=0)
    assert split_training_data(s3, uri, share=0.2, seed=0) == first
    assert split_training_data(s3, uri, share=0.2, seed=1) != first


def test_where_a_record_goes_does_not_depend_on_its_place_in_the_file(s3, uploaded):
    lines = lines_of({"invoice": 20, "letter": 20})
    _, validation = split_training_data(s3, uploaded(lines, "a.jsonl"), share=0.2, seed=0)
    _, reversed_one = split_training_data(s3, uploaded(lines[::-1], "b.jsonl"), share=0.2, seed=0)
    assert sorted(content(s3, validation)) == sorted(content(s3, reversed_one))


def test_a_page_that_comes_twice_stays_on_one_side(s3, uploaded):
    lines = lines_of({"invoice": 10, "letter": 10})
    parts = split_training_data(s3, uploaded(lines * 2), share=0.3, seed=0)
    training, validation = (set(content(s3, uri)) for uri in parts)
    assert not training & validation


def test_a_label_with_many_copies_of_one_record_trains(s3, uploaded):
    lines = [*lines_of({"invoice": 10}), *[line("memo", 1)] * 5]
    training, validation = split_training_data(s3, uploaded(lines), share=0.2, seed=0)
    assert labels_of(content(s3, training)).count("memo") == 5
    assert "memo" not in labels_of(content(s3, validation))


def test_a_label_with_one_record_trains(s3, uploaded):
    training, validation = split_training_data(
        s3, uploaded(lines_of({"invoice": 10, "memo": 1})), share=0.5, seed=0
    )
    assert "memo" in labels_of(content(s3, training))
    assert "memo" not in labels_of(content(s3, validation))


def test_lines_are_copied_byte_for_byte(s3, uploaded):
    odd = [
        one.replace(b'{"', b'{  "', 1).replace(b"\n", b"\r\n")
        for one in lines_of({"invoice": 6, "letter": 6})
    ]
    odd[-1] = odd[-1].rstrip()
    parts = split_training_data(s3, uploaded([*odd[:-1], b"\n", odd[-1]]), share=0.5, seed=0)
    assert sorted(one for uri in parts for one in content(s3, uri)) == sorted(odd)


def test_answers_that_are_no_labels_are_simply_cut(s3, uploaded):
    records = [
        {
            "schemaVersion": "bedrock-conversation-2024",
            "messages": [
                {"role": "user", "content": [{"text": f"question {number}"}]},
                {"role": "assistant", "content": [{"text": f"answer {number}"}]},
            ],
        }
        for number in range(10)
    ]
    parts = split_training_data(
        s3, uploaded([json.dumps(one).encode() + b"\n" for one in records]), share=0.2, seed=0
    )
    assert [len(content(s3, uri)) for uri in parts] == [8, 2]


def test_creation_outcome_already_is_not_uploaded_again(s3, uploaded):
    uri = uploaded(lines_of({"invoice": 10, "letter": 10}))
    written = []
    s3.meta.events.register("before-call.s3.PutObject", lambda **_: written.append(1), unique_id="count")
    split_training_data(s3, uri, share=0.2, seed=0)
    split_training_data(s3, uri, share=0.2, seed=0)
    s3.meta.events.unregister("before-call.s3.PutObject", unique_id="count")
    assert len(written) == 2


@pytest.mark.parametrize("counts", [{}, {"invoice": 1}, {"invoice": 1, "letter": 1, "memo": 1}])
def test_too_few_records_are_an_error_that_names_the_file(s3, uploaded, counts):
    with pytest.raises(InvalidRecords, match=r"training\.jsonl has too few records"):
        split_training_data(s3, uploaded(lines_of(counts)), share=0.2, seed=0)


def test_a_broken_line_is_named(s3, uploaded):
    lines = lines_of({"invoice": 2, "letter": 2})
    with pytest.raises(InvalidRecords, match=r"training\.jsonl, line 3,"):
        split_training_data(s3, uploaded([*lines[:2], b"{}\n", *lines[2:]]), share=0.2, seed=0)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda body: b"\xef\xbb\xbf" + body, "line 1, is not a conversation record: it begins with a byte"),
        (lambda body: body + b'{"a": "f\xfcr"}\n', "line 9, is not a conversation record: byte 9 is 0xfc"),
        (lambda body: body + b"[" * 9_999 + b"\n", "line 9, is not a conversation record: it is not JSON"),
        (gzip.compress, "line 1: the file is compressed"),
        (lambda body: body.decode().encode("utf-16"), "line 1: the file is UTF-16"),
        (lambda body: body.replace(b"\n", b"\r"), "line 1: lines end with a carriage return"),
    ],
)
def test_what_is_no_file_of_records_is_named_as_what_it_is(s3, uploaded, spoil, says):
    body = b"".join(lines_of({"invoice": 4, "letter": 4}))
    with pytest.raises(InvalidRecords) as refused:
        split_training_data(s3, uploaded([spoil(body)]), share=0.2, seed=0)
    assert f"training.jsonl, {says}" in str(refused.value)


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=5) | st.sampled_from([b"\r", b"\r\n", b"\n"]), min_size=1)
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_lines_of_an_object_are_those_of_a_file(s3, s3_folder, tmp_path, chunks):
    body = b"".join(chunks)
    (tmp_path / "body").write_bytes(body)
    objects.upload_bytes(s3, s3_folder.child("body"), body)
    with (tmp_path / "body").open("rb") as file:
        assert list(objects.lines_of(s3, s3_folder.child("body"))) == list(file)


def test_a_source_that_is_not_there_is_not_found(s3, s3_folder):
    with pytest.raises(NotFound, match="nothing"):
        split_training_data(s3, str(s3_folder.child("nothing.jsonl")), share=0.2, seed=0)
