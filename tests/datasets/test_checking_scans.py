"""The fast way and the careful way say the same, and what no validator of AWS's looks at is found."""

import copy
import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_checking import eight, errors, good, lines

from burnish.aws.objects import upload_bytes
from burnish.datasets.checking import check_dataset, check_records, plain_records, scanning
from burnish.datasets.checking.files import check_files
from burnish.datasets.checking.record_rules import findings_in
from burnish.errors import InvalidConfig, InvalidRecords
from burnish.families import DatasetRules, RecordSchema, family_named

NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k").rules


def texts(problems) -> str:
    return "\n".join(map(str, problems))


def plain(number: int, label: str = "a") -> dict:
    """A record without a page."""
    record = good(number)
    record["messages"][0]["content"] = [{"text": f"question {number}"}]
    record["messages"][1]["content"][0]["text"] = json.dumps({"type": label})
    return record


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places_in(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from places_in(inner, (*path, name))


def changed(record, rng: random.Random, value):
    """The record with something else at one place, or with one place gone."""
    record = copy.deepcopy(record)
    path = rng.choice([place for place in places_in(record) if place])
    parent = record
    for name in path[:-1]:
        parent = parent[name]
    if rng.random() < 0.3:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return record


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), value=JSON, of=st.sampled_from([good(3), plain(3)]))
def test_whatever_is_changed_the_fast_way_says_what_the_careful_way_says(seed, value, of):
    record = changed(of, random.Random(seed), value)
    line = json.dumps(record).encode()
    scan = scanning.scan_records([*lines(good(1)), line], rules=NOVA, where="f")
    said = [problem.text for problem in scan.problems if problem.line == 2]
    careful = [finding.text for finding in findings_in(record, NOVA)]
    assert said == careful or (not careful and said[0].startswith("it is no record"))


@settings(max_examples=200, deadline=None)
@given(line=st.binary(max_size=200))
def test_no_line_whatever_crashes_the_check(line):
    check_records([line.replace(b"\n", b"")], rules=NOVA, where="f")


@settings(max_examples=100, deadline=None)
@given(record=JSON, schema=st.sampled_from(RecordSchema))
def test_no_json_whatever_crashes_any_schema(record, schema):
    list(findings_in(record, DatasetRules(schema=schema)))


def test_a_line_that_nests_for_ever_is_a_problem_like_any_other():
    problems = check_records([b"[" * 100_000 + b"]" * 100_000], rules=NOVA, where="f")
    assert "it is not JSON" in problems[0].text


def test_only_uris_differ_and_only_they_are_looked_at_again(monkeypatch):
    looked = []
    careful = scanning.findings_in
    monkeypatch.setattr(
        scanning, "findings_in", lambda *args, **more: looked.append(1) or careful(*args, **more)
    )
    assert check_records(lines(*[good(number) for number in range(50)]), rules=NOVA, where="f") == []
    assert len(looked) == 2  # one for each label


def test_media_outside_the_bucket_of_the_data_set_are_named():
    scan = scanning.scan_records(lines(*eight()), rules=NOVA, where="f", bucket="other")
    assert scan.errors == 8
    assert "s3://bucket/0.png is not in the bucket of the data set, other" in scan.problems[0].text


def test_equal_records_with_different_labels_are_named_with_both_lines():
    for of in (good, plain):
        records = [of(number) for number in range(8)]
        records.append(copy.deepcopy(records[2]))
        records[-1]["messages"][1]["content"][0]["text"] = '{"type": "other"}'
        (problem,) = errors(check_records(lines(*records), rules=NOVA, where="f"))
        assert problem.line == 9
        assert "the same as line 3, but labelled 'other'" in problem.text


def test_two_questions_about_one_page_contradict_nothing():
    records = eight()
    records.append(copy.deepcopy(records[2]))
    records[-1]["messages"][0]["content"][0]["text"] = "another question"
    records[-1]["messages"][1]["content"][0]["text"] = '{"type": "other"}'
    assert errors(check_records(lines(*records), rules=NOVA, where="f")) == []


def test_records_that_come_twice_are_warned_of():
    problems = check_records(lines(*eight(), *eight()[:3]), rules=NOVA, where="f")
    assert [problem.is_warning for problem in problems] == [True]
    assert "3 records ask the same as another" in problems[0].text


def test_a_rare_label_and_one_that_is_not_trained_on_are_warned_of():
    train = [plain(number) for number in range(60)] + [plain(100, "rare")]
    problems = check_dataset(lines(*train), lines(plain(200, "strange")), rules=NOVA)
    assert "'rare' has 1 records, and 'a' 60" in texts(problems)
    assert "labels that are not trained on: 'strange'" in texts(problems)
    assert errors(problems) == []


def test_a_text_that_is_in_both_parts_leaks():
    problems = check_dataset(lines(*[plain(number) for number in range(9)]), lines(plain(5)), rules=NOVA)
    assert "validation, line 1: its page is also in train, line 6" in texts(errors(problems))


def test_parts_that_only_some_records_have_are_warned_of():
    records = [plain(number) for number in range(9)]
    del records[4]["system"]
    said = texts(check_records(lines(*records, good(20)), rules=NOVA, where="f"))
    assert "9 of 10 records have system: give it to all, or to none" in said
    assert "1 of 10 records have image" in said


def test_many_problems_are_counted_and_the_first_kept():
    scan = scanning.scan_records([b"{}"] * 3_000, rules=NOVA, where="f")
    assert len(scan.problems) == scanning.MOST_PROBLEMS
    assert scan.errors == 6_000


@pytest.mark.parametrize(
    ("schema", "record", "says"),
    [
        (RecordSchema.CLAUDE_MESSAGES, {"messages": [{"role": "user", "content": "x"}]}, "must alternate"),
        (
            RecordSchema.CLAUDE_MESSAGES,
            {
                "messages": [
                    {"role": "user", "content": [{"text": "x"}]},
                    {"role": "assistant", "content": "y"},
                ]
            },
            "messages[0].content is list: it must be a text",
        ),
        (RecordSchema.PROMPT_COMPLETION, {"prompt": "x"}, "completion is missing"),
        (RecordSchema.PROMPT_COMPLETION, {"prompt": "x", "completion": " "}, "completion is empty"),
        (RecordSchema.IMAGE_CAPTION, {"image-ref": "https://x", "caption": "y"}, "no S3 URI for Bedrock"),
        (RecordSchema.REINFORCEMENT, {"messages": [{"role": "user"}]}, "messages[0] has no content"),
        (RecordSchema.REINFORCEMENT, {"messages": [{"role": "user", "content": "x"}]}, "no reference_answer"),
    ],
)
def test_every_schema_has_rules_of_its_own(schema, record, says):
    problems = check_records(lines(record), rules=DatasetRules(schema=schema), where="f")
    assert says in texts(problems)


@pytest.mark.parametrize(
    "block",
    [
        {"video": {"format": "avi", "source": {"s3Location": {"uri": "s3://bucket/v.avi"}}}},
        {"image": {"format": "png", "source": {"bytes": "abc"}}},
        {"reasoningContent": {"reasoningText": {"text": "hm"}}},
        {"text": "x", "image": {}},
        "text",
    ],
)
def test_blocks_of_every_kind_have_rules(block):
    record = good(0)
    record["messages"][0]["content"].append(block)
    assert errors(check_records(lines(*eight(), record), rules=NOVA, where="f"))


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
    from page_files import written_page

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


def test_the_plain_way_takes_only_what_is_plain():
    check = plain_records.plain_check(NOVA)
    assert check(lines(plain(1))[0]) is not None
    assert check(lines(good(1))[0]) is None


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
