"""`burnish prepare`, `check` and `audit` as a user types them, and wrong usage."""

import json

import pytest
from PIL import Image

NOVA = "amazon.nova-lite-v1:0:300k"


def records(count: int) -> bytes:
    from burnish.records import classification_prompt, classification_record, line_of

    prompt = classification_prompt(["a", "b"])
    lines = [
        line_of(
            classification_record(
                prompt, image_uri=f"s3://bucket/{number}.png", bucket_owner="1" * 12, label="ab"[number % 2]
            )
        )
        for number in range(count)
    ]
    return b"".join(lines)


def test_good_records_pass_with_a_table(burnish, tmp_path):
    (tmp_path / "train.jsonl").write_bytes(records(8))
    ended = burnish("check", "train.jsonl", "--model", NOVA)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == ["file\trecords\tlabels", "train.jsonl\t8\t2"]


def test_bad_records_are_listed_and_the_command_fails(burnish, tmp_path):
    (tmp_path / "train.jsonl").write_bytes(records(8).replace(b"3.png", b"a b.png"))
    (tmp_path / "validation.jsonl").write_bytes(records(3))
    ended = burnish("check", "train.jsonl", "--validation", "validation.jsonl", "--model", NOVA)
    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("error: train.jsonl, line 4: messages[0].content[1].image")
    assert sum("is also in train.jsonl" in line for line in lines) == 3
    assert ended.stderr == "Error: 4 errors: mend them before a job is started; nothing was spent\n"


def test_a_machine_gets_json_and_nothing_else(burnish, tmp_path):
    (tmp_path / "train.jsonl").write_bytes(records(8) + records(1))
    ended = burnish("check", "train.jsonl", "--model", NOVA, "--json")
    said = json.loads(ended.stdout)
    assert (said["errors"], said["records"]) == ([], {"train.jsonl": 9})
    assert "ask the same as another" in said["warnings"][0]["text"]


def test_a_model_that_nobody_knows_is_told_which_are_known(burnish, tmp_path):
    (tmp_path / "train.jsonl").write_bytes(records(8))
    ended = burnish("check", "train.jsonl", "--model", "nova")
    assert ended.returncode == 1
    assert "no family claims it: give an id such as amazon.nova-micro-v1:0:128k" in ended.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("check", "none.jsonl", "--model", NOVA), "'none.jsonl' is not a file of records"),
        (("audit", "none"), "'none' does not exist: put the documents of each type into a folder"),
        (("prepare", "none.csv", "--to", "s3://b/p", "--model", NOVA), "'none.csv' does not exist"),
        (("prepare", ".", "--to", "here", "--model", NOVA), "is not an S3 URI such as s3://bucket/key"),
    ],
)
def test_wrong_usage_gets_one_message(burnish, words, says):
    ended = burnish(*words, AWS_REGION="us-east-1")
    assert ended.returncode == 1
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_audit_writes_a_sheet_and_a_file_to_decide_in(burnish, tmp_path):
    for number in range(10):
        path = tmp_path / "documents" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((300, 400), 80).save(path)
    ended = burnish("audit", "documents", "--out", "sheet", "--json")
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert (tmp_path / said["sheet"]).read_text().startswith("<!doctype html>")
    assert len(said["suspects"]) == 10


def test_a_folder_of_one_type_alone_is_told_how_to_be_laid_out(burnish, tmp_path):
    (tmp_path / "invoice").mkdir()
    (tmp_path / "invoice" / "1.pdf").write_bytes(b"%PDF")
    ended = burnish("audit", tmp_path / "invoice")
    assert ended.returncode == 1
    assert "put the documents of each type into a folder named for the type" in ended.stderr
    assert not (tmp_path / "burnish-audit").exists()
