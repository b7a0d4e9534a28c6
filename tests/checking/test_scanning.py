"""The fast way and the careful way say the same, and what no validator of AWS's looks at is found."""

import copy
import json
import random

import pytest
from example_records import check_records, eight, errors, good, lines, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from spoilt_records import JSON, SPOILT, changed

from burnish.checking import check_dataset, plain_records, scanning
from burnish.checking.record_rules import findings_in
from burnish.errors import InvalidRecords
from burnish.families import CustomizationType, DatasetRules, RecordSchema, family_named
from burnish.json_lines import value_in

NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k").rules


def texts(problems) -> str:
    return "\n".join(map(str, problems))


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), value=JSON, of=st.sampled_from([good(3), plain(3)]))
def test_whatever_is_changed_the_fast_way_says_what_the_careful_way_says(seed, value, of):
    record = changed(of, random.Random(seed), value)
    line = json.dumps(record).encode()
    scan = scanning.scan_records([*lines(good(1)), line], rules=NOVA, where="f")
    said = [problem.text for problem in scan.problems if problem.line == 2]
    careful = [finding.text for finding in findings_in(record, NOVA)]
    assert said == careful


@settings(max_examples=300, deadline=None)
@given(
    of=st.sampled_from([good, plain]),
    spoilt=st.lists(st.sampled_from(SPOILT), min_size=1, max_size=2),
    before=st.booleans(),
)
def test_whatever_happens_to_the_bytes_the_fast_way_says_what_the_careful_way_says(of, spoilt, before):
    line = json.dumps(of(3)).encode()
    for old, new in spoilt:
        line = line.replace(old, new, 1)
    scan = scanning.scan_records([*lines(of(1)), *([line] if before else []), line], rules=NOVA, where="f")
    try:
        careful = [finding.text for finding in findings_in(value_in(line), NOVA)]
    except InvalidRecords as error:
        careful = [str(error)]
    for number in {2, scan.records}:
        assert [problem.text for problem in scan.problems if problem.line == number] == careful


def test_a_member_that_stands_twice_is_found_wherever_it_stands():
    for record in (good(1), plain(1)):
        whole = json.dumps(record)
        for name in ("schemaVersion", "messages", "role", "content", "text"):
            at = whole.index(f'"{name}"')
            twice = f'{whole[:at]}"{name}": null, {whole[at:]}'
            (problem,) = scanning.scan_records([twice.encode()], rules=NOVA, where="f").problems
            assert f"{name!r} twice" in problem.text


def test_a_file_that_is_no_jsonl_is_one_problem():
    body = b"".join(lines(*eight())).decode().encode("utf-16")
    problems = check_records(body.splitlines(keepends=True), rules=NOVA, where="f")
    assert texts(problems) == "f, line 1: the file is UTF-16: save it as UTF-8"


def test_questions_for_a_teacher_need_no_answer_and_are_told_apart():
    rules = family_named("nova").tuning("amazon.nova-lite-v1:0:300k", CustomizationType.DISTILLATION).rules
    records = [plain(number) for number in range(100)]
    for record in records:
        del record["messages"][1]
    assert check_records(lines(*records), rules=rules, where="f") == []


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
    assert "3 records repeat the prompt of another" in problems[0].text


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


def test_warnings_crowd_out_no_error_and_are_never_counted_as_one():
    record = good(1)
    del record["messages"][0]["content"][1]["image"]["source"]["s3Location"]["bucketOwner"]
    problems = check_records([*lines(record) * 1_500, b"{}"], rules=NOVA, where="f")
    assert [problem.line for problem in errors(problems)] == [1501, 1501]
    assert "500 more warnings" in texts(problems)


def test_many_problems_are_counted_and_the_first_kept():
    scan = scanning.scan_records([b"{}"] * 3_000, rules=NOVA, where="f")
    assert len(scan.problems) == scanning.MAX_PROBLEMS
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
        (RecordSchema.PROMPT_COMPLETION, {"input": "x"}, "prompt is missing"),
        (RecordSchema.PLAIN_TEXT, {"input": "\n"}, "input is empty"),
        (RecordSchema.PLAIN_TEXT, {"input": "x", "completion": "y"}, "completion"),
        (RecordSchema.PROMPT_COMPLETION, {"prompt": "x", "completion": " "}, "completion is empty"),
        (
            RecordSchema.IMAGE_CAPTION,
            {"image-ref": "https://x", "caption": "y"},
            "not an S3 URI that Bedrock accepts",
        ),
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


def test_the_plain_way_takes_only_what_is_plain():
    check = plain_records.plain_check(NOVA)
    assert check(lines(plain(1))[0]) is not None
    assert check(lines(good(1))[0]) is None
