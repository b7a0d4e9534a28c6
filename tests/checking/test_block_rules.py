"""What each family takes in the turns of a record, as AWS's own validators do, and what it refuses."""

import copy

import pytest
from example_records import check_records, errors, good, lines

from burnish.checking.file_names import name_problems
from burnish.checking.record_rules import findings_in
from burnish.families import DatasetRules, family_of

LITE = "amazon.nova-lite-v1:0:300k"
LITE_2 = "amazon.nova-2-lite-v1:0:256k"
MICRO = "amazon.nova-micro-v1:0:128k"
LLAMA = "meta.llama3-2-11b-instruct-v1:0:128k"
OPEN = "local.any-v1:0"


def rules_of(model: str) -> DatasetRules:
    return family_of(model).tuning(model).rules


def medium(kind: str, form: str, name: str | None = None, **more):
    location = {"uri": f"s3://bucket/{name or f'a.{form}'}", "bucketOwner": "123456789012"}
    return {kind: {"format": form, "source": {"s3Location": location}, **more}}


def said_of(model: str, *blocks, answer=()) -> str:
    """The errors of a record with these blocks beside its text, in its question and in its answer."""
    record = good(1)
    record["messages"][0]["content"][1:] = copy.deepcopy(blocks)
    record["messages"][1]["content"][:0] = copy.deepcopy(answer)
    return "\n".join(one.text for one in findings_in(record, rules_of(model)) if not one.is_warning)


@pytest.mark.parametrize(
    ("model", "blocks"),
    [
        (LITE, [medium("document", "pdf")]),
        (LITE, [medium("document", "pdf", name="d/x.pdf"), medium("image", "png")]),
        (LITE, [medium("video", "webm")]),
        (LITE, [medium("image", "webp")]),
        (LITE, [medium("image", "PNG")]),
        (LITE, [{**medium("image", "png"), "video": None, "text": None}]),
        (LITE_2, [medium("image", "gif")]),
        (LITE_2, [medium("video", "mkv")]),
        (LLAMA, [medium("image", "webp", name="it's (1)!.webp".replace(" ", ""))]),
        (OPEN, [medium("image", "png", name="scan(1).png")]),
    ],
)
def test_what_a_family_takes_is_no_error(model, blocks):
    assert said_of(model, *blocks) == ""


@pytest.mark.parametrize(
    ("model", "blocks", "says"),
    [
        (LITE, [medium("document", "docx")], "format is 'docx': it must be one of pdf"),
        (LITE, [medium("document", "pdf"), medium("document", "pdf")], "2 documents; at most 1"),
        (LITE, [medium("document", "pdf"), medium("video", "mp4")], "a video beside"),
        (LITE, [medium("image", "png"), medium("video", "mp4")], "a video beside"),
        (LITE, [medium("video", "mp4"), medium("video", "mp4")], "2 videos; at most 1"),
        (LITE, [medium("image", "png", name="scan(1).png")], "letters, digits, - _ . / only"),
        (LITE, [medium("image", "png", name="o'brien/1.png")], "letters, digits, - _ . / only"),
        (LITE, [medium("image", "png", name="a!.png")], "letters, digits"),
        (LITE, [medium("image", "png", name="a*.png")], "letters, digits"),
        (LITE, [medium("image", "png", name="gr\u00fcn.png")], "letters, digits"),
        (LITE, [medium("image", "png", name="a//b.png")], "without //"),
        (LITE_2, [medium("image", "webp")], "format is 'webp': it must be one of png, jpeg, gif"),
        (LITE_2, [medium("video", "webm")], "format is 'webm': it must be one of mov, mkv, mp4"),
        (MICRO, [medium("document", "pdf")], "no document can be used: the model reads text only"),
        (LLAMA, [medium("document", "pdf")], "the model reads text and images"),
        (LLAMA, [medium("video", "mp4")], "no video can be used"),
        (OPEN, [medium("video", "mp4")], "this server's models read text and images"),
        (OPEN, [medium("document", "pdf")], "this server's models read text and images"),
        (
            OPEN,
            [{"toolResult": {"toolUseId": "1", "content": []}}],
            "belongs to a tool: this server's models read",
        ),
        (LITE, [{"toolUse": {"toolUseId": "1", "name": "x", "input": {}}}], "a toolUse of the user"),
    ],
)
def test_what_a_family_does_not_take_is_named(model, blocks, says):
    assert says in said_of(model, *blocks)


REASONING = {"reasoningContent": {"reasoningText": {"text": "a letterhead"}}}


def test_reasoning_is_taken_by_models_that_reason_and_its_words_count():
    assert said_of(LITE_2, answer=[REASONING]) == ""
    assert "is reasoning: the model reads" in said_of(LITE, answer=[REASONING])
    assert "is reasoning: this server's models read" in said_of(OPEN, answer=[REASONING])
    assert "is reasoning in the user's turn" in said_of(LITE_2, REASONING)
    reserved = {"reasoningContent": {"reasoningText": {"text": "Thought: a letterhead"}}}
    assert "the answer holds 'Thought:'" in said_of(LITE_2, answer=[reserved])
    empty = {"reasoningContent": {"reasoningText": {"text": ""}}}
    assert "is empty" in said_of(LITE_2, answer=[empty])


def test_one_model_takes_one_block_of_system_text_and_another_takes_many():
    record = good(1)
    record["system"] *= 2
    assert "2 blocks of system text; at most 1" in [
        one.text.partition(" can")[0] for one in findings_in(record, rules_of(LLAMA))
    ]
    assert list(findings_in(record, rules_of(LITE))) == []


def test_records_that_differ_in_their_video_or_document_alone_contradict_nothing():
    for kind, form in (("video", "mp4"), ("document", "pdf")):
        records = []
        for number in range(8):
            record = good(number)
            record["messages"][0]["content"][1] = medium(kind, form, name=f"{number}.{form}")
            records.append(record)
        assert errors(check_records(lines(*records), rules=rules_of(LITE), where="f")) == []


@pytest.mark.parametrize(
    ("name", "model", "is_fine"),
    [
        ("train.jsonl", LITE, True),
        ("s3://bucket/a/train.jsonl", LITE, True),
        ("train.json", LITE, False),
        ("s3://bucket/train (1).jsonl", LITE, False),
        ("s3://bucket/train(1).jsonl", LITE, False),
        ("s3://bucket/train(1).jsonl", OPEN, True),
        ("here (1)/train.jsonl", LITE, True),
        ("train.json", OPEN, True),
    ],
)
def test_a_file_is_named_as_the_family_wants(name, model, is_fine):
    assert (list(name_problems(name, rules_of(model))) == []) is is_fine
