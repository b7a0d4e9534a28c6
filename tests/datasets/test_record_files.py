"""Files of records, here and in S3, with their media and tokens."""

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
    assert any(f"{expected} tokens; 150 are the most" in problem.text for problem in report.errors)


def test_a_folder_without_a_tokenizer_is_named(tmp_path):
    (tmp_path / "train.jsonl").write_bytes(b"".join(lines(plain(1))))
    with pytest.raises(InvalidConfig, match=r"there is no .*tokenizer\.json"):
        check_files([str(tmp_path / "train.jsonl")], rules=NOVA, s3=lambda: None, tokenizer=tmp_path)
