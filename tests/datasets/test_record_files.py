"""Files of records, here and in S3, with their media and tokens."""

import gzip
import io
import json
from dataclasses import replace

import pytest
from checking.example_records import eight, good, lines, plain
from page_files import written_page

from burnish.aws.objects import upload_bytes
from burnish.datasets.record_files import check_files
from burnish.errors import InvalidConfig, InvalidRecords
from burnish.families import family_named

NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k").rules


def test_files_here_and_in_s3_are_checked_alike(s3, s3_folder, tmp_path):
    body = b"".join(lines(*eight()))
    (tmp_path / "train.jsonl").write_bytes(body)
    upload_bytes(s3, s3_folder.child("train.jsonl"), body.replace(b"s3://bucket/", b"s3://shared-by-tests/"))
    for file in (str(tmp_path / "train.jsonl"), str(s3_folder.child("train.jsonl"))):
        report = check_files([file], rules=NOVA, s3=lambda: s3)
        assert (report.problems, report.records, report.labels[file]) == ((), {file: 8}, {"a": 4, "b": 4})


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidRecords, match=r"none\.jsonl' is not a file of records"):
        check_files([str(tmp_path / "none.jsonl")], rules=NOVA, s3=lambda: None)


def test_media_are_fetched_and_decoded_where_that_is_asked_for(s3, s3_folder, bucket, tmp_path):
    good_page = tmp_path / "page.png"
    written_page("x").save(good_page)
    bodies = {
        "good.png": good_page.read_bytes(),
        "cut.png": good_page.read_bytes()[:200],
        "none.png": None,
        "tiny.png": None,
    }
    written_page("x").resize((20, 30)).save(tmp_path / "tiny.png")
    bodies["tiny.png"] = (tmp_path / "tiny.png").read_bytes()
    records = []
    for number, (name, body) in enumerate(bodies.items()):
        if body:
            upload_bytes(s3, s3_folder.child(name), body)
        record = good(number)
        location = record["messages"][0]["content"][1]["image"]["source"]["s3Location"]
        location["uri"] = str(s3_folder.child(name))
        records.append(record)
    upload_bytes(s3, s3_folder.child("train.jsonl"), b"".join(lines(*records)))
    rules = family_named("open_weights").tuning("local.any-v1:0").rules
    file = str(s3_folder.child("train.jsonl"))
    report = check_files([file], rules=rules, s3=lambda: s3, with_media=True)
    said = {problem.line: problem.text for problem in report.errors}
    assert set(said) == {2, 3, 4}
    assert "cannot be decoded" in said[2]
    assert "cannot be read" in said[3]
    assert "20 x 30 pixels" in said[4]


def test_media_are_judged_by_what_their_records_say_and_never_by_their_names(s3, s3_folder, tmp_path):
    body = io.BytesIO()
    written_page("x").save(body, "JPEG")
    video, document = b"\0\0\0\x20ftypisom" + b"x" * 400, b"%PDF-1.4 " + b"x" * 400
    media = [
        ("image", "jpeg", "one.png", body.getvalue()),
        ("image", "png", "one.png", body.getvalue()),
        ("video", "mp4", "clip.bin", video),
        ("document", "pdf", "letter", document),
        ("document", "pdf", "not-there.pdf", None),
        ("video", "webm", "clip.bin", video),
    ]
    records = []
    for number, (kind, form, name, content) in enumerate(media):
        if content:
            upload_bytes(s3, s3_folder.child(name), content)
        location = {"uri": str(s3_folder.child(name)), "bucketOwner": "123456789012"}
        record = good(number)
        record["messages"][0]["content"][1] = {kind: {"format": form, "source": {"s3Location": location}}}
        records.append(record)
    file = tmp_path / "train.jsonl"
    file.write_bytes(b"".join(lines(*records)))
    rules = replace(NOVA, min_records=1)
    done: list[tuple[int, int]] = []
    report = check_files(
        [str(file)],
        rules=rules,
        s3=lambda: s3,
        with_media=True,
        on_record=lambda *counts: done.append(counts),
    )
    said = {problem.line: problem.text for problem in report.errors}
    assert set(said) == {2, 5, 6}
    assert "one.png is jpeg by its content, and its record says png" in said[2]
    assert "not-there.pdf cannot be read" in said[5]
    assert "clip.bin is mp4 by its content, and its record says webm" in said[6]
    assert done == [(record, 6) for record in range(1, 7)]


GOOD = b"".join(lines(*eight()))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (GOOD.replace(b"\n", b"\r\n"), None),
        (GOOD.rstrip(b"\n"), None),
        (b"\n\n" + GOOD, None),
        (GOOD.replace(b"definitions", "d\u2028\x85\x0c".encode().replace(b"\x0c", b"\\f")), None),
        (GOOD.replace(b"\n", b"\r"), "line 1: lines end with a carriage return"),
        (b"\xef\xbb\xbf" + GOOD, "line 1: it begins with a byte order mark"),
        (GOOD + b'{"a": "f\xfcr"}\n', "line 9: byte 9 is 0xfc, which is not UTF-8"),
        (GOOD.decode().encode("utf-16"), "line 1: the file is UTF-16"),
        (gzip.compress(GOOD, mtime=0), "line 1: the file is compressed (gzip)"),
        (GOOD + b"\0\0\0\n", "line 9: it holds NUL bytes"),
        (json.dumps(eight()).encode(), "line 1: the file is one JSON array"),
        (json.dumps(eight()[0], indent=2).encode(), "line 1: the file is JSON that goes over several lines"),
    ],
)
def test_a_file_is_read_alike_here_and_in_s3_and_what_it_is_not_is_one_problem(
    s3, s3_folder, tmp_path, body, says
):
    uri = s3_folder.child("train.jsonl")
    (tmp_path / "train.jsonl").write_bytes(body)
    upload_bytes(s3, uri, body)
    rules = family_named("open_weights").tuning("local.any-v1:0").rules
    found = []
    for file in (str(tmp_path / "train.jsonl"), str(uri)):
        report = check_files([file], rules=rules, s3=lambda: s3, tokenizer=None)
        found.append(
            [str(one).removeprefix(file) for one in report.problems if "bucket of the" not in one.text]
        )
    assert found[0] == found[1]
    assert [says in text for text in found[0]] == ([True] if says else [])


def test_tokens_are_counted_as_the_model_counts_them(tiny_weights, tmp_path):
    from tokenizers import Tokenizer

    (tmp_path / "train.jsonl").write_bytes(b"".join(lines(plain(1), plain(22), {"prompt": "x"})))
    rules = family_named("open_weights").tuning("local.any-v1:0").rules
    file = str(tmp_path / "train.jsonl")
    report = check_files(
        [file], rules=replace(rules, max_tokens=150), s3=lambda: None, tokenizer=tiny_weights
    )
    tokenizer = Tokenizer.from_file(str(tiny_weights / "tokenizer.json"))
    system = good(1)["system"][0]["text"]
    expected = len(tokenizer.encode("\n".join([system, "question 22", '{"type": "a"}'])).ids)
    assert (report.tokens[file].records, report.tokens[file].largest) == (3, expected)
    assert any(f"{expected} tokens; at most 150 are allowed" in problem.text for problem in report.errors)


def test_a_folder_without_a_tokenizer_is_named(tmp_path):
    (tmp_path / "train.jsonl").write_bytes(b"".join(lines(plain(1))))
    with pytest.raises(InvalidConfig, match=r"there is no .*tokenizer\.json"):
        check_files([str(tmp_path / "train.jsonl")], rules=NOVA, s3=lambda: None, tokenizer=tmp_path)
