"""`burnish prepare`, `check` and `audit` as a user types them, and wrong usage."""

import csv
import itertools
import json
import os

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
    assert ended.stderr == "Error: 4 errors. Fix the errors before you start a job; nothing was spent\n"


def test_a_machine_gets_json_and_nothing_else(burnish, tmp_path):
    (tmp_path / "train.jsonl").write_bytes(records(8) + records(1))
    ended = burnish("check", "train.jsonl", "--model", NOVA, "--json")
    said = json.loads(ended.stdout)
    assert (said["errors"], said["records"]) == ([], {"train.jsonl": 9})
    assert "repeat the prompt of another" in said["warnings"][0]["text"]


def test_a_model_that_nobody_knows_is_told_which_are_known(burnish, tmp_path):
    (tmp_path / "train.jsonl").write_bytes(records(8))
    ended = burnish("check", "train.jsonl", "--model", "nova")
    assert ended.returncode == 1
    assert "the service could not be asked. Use an id such as amazon.nova-micro-v1:0" in ended.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("check", "none.jsonl", "--model", NOVA), "'none.jsonl' is not a file of records"),
        (("audit", "none"), "'none' does not exist: put the documents of each type into a folder"),
        (("prepare", "none.csv", "--to", "s3://bucket/p", "--model", NOVA), "'none.csv' does not exist"),
        (("prepare", ".", "--to", "here", "--model", NOVA), "is not an S3 URI such as s3://bucket/key"),
    ],
)
def test_wrong_usage_gets_one_message(burnish, words, says):
    ended = burnish(*words, AWS_REGION="us-east-1")
    assert ended.returncode == 1
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def documents(tmp_path, *labels):
    """Ten pages of noise in a folder for each label."""
    for label in labels:
        for number in range(5):
            path = tmp_path / "documents" / label / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.effect_noise((300, 400), 80).save(path)


DRY_RUN = ("prepare", "documents", "--to", "s3://papers/set", "--model", NOVA, "--dry-run")


def test_labels_that_look_alike_are_warned_of_and_refused_where_that_is_asked_for(burnish, tmp_path):
    documents(tmp_path, "Invoice", "invoice", "letter")
    says = "'Invoice' and 'invoice' differ only in case"
    warned = burnish(*DRY_RUN)
    assert warned.returncode == 0, warned.stderr
    assert says in warned.stderr
    *_, note = json.loads(burnish(*DRY_RUN, "--json").stdout)["notes"]
    assert says in note
    refused = burnish(*DRY_RUN, "--strict")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert says in refused.stderr
    assert "Rename them" in refused.stderr


def test_corrections_that_join_look_alikes_leave_nothing_to_warn_of(burnish, tmp_path):
    documents(tmp_path, "Invoice", "invoice", "letter")
    decisions = "".join(f"Invoice/{number}.png,Invoice,invoice\n" for number in range(5))
    (tmp_path / "mine.csv").write_text(f"name,label,decision\n{decisions}")
    ended = burnish(*DRY_RUN, "--strict", "--corrections", "mine.csv")
    assert ended.returncode == 0, ended.stderr
    assert "look alike" not in ended.stderr


def test_a_dry_run_names_descriptions_of_no_label(burnish, tmp_path):
    documents(tmp_path, "invoice", "letter")
    (tmp_path / "typo.csv").write_text("label,description\nInvoice,A bill\n")
    ended = burnish(*DRY_RUN, "--descriptions", "typo.csv")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "'typo.csv' describes labels that no document has: 'Invoice' (did you mean" in ended.stderr


def test_an_audit_warns_of_labels_that_look_alike(burnish, tmp_path):
    documents(tmp_path, "bank statement", "bank-statement")
    ended = burnish("audit", "documents", "--out", "sheet")
    assert ended.returncode == 0, ended.stderr
    assert "'bank statement' and 'bank-statement' differ only in spaces" in ended.stderr


def test_an_audit_of_pages_that_show_no_type_says_that_none_can_be_judged(burnish, tmp_path):
    documents(tmp_path, "a", "b")
    ended = burnish("audit", "documents", "--out", "sheet")
    assert ended.returncode == 0, ended.stderr
    assert "Reading 10 documents takes about" in ended.stderr
    assert "No label can be judged.\nToo little to judge labels by: models tell these labels" in ended.stdout


def test_an_audit_writes_a_sheet_and_a_file_to_decide_in(burnish, tmp_path):
    documents(tmp_path, "a", "b")
    ended = burnish("audit", "documents", "--out", "sheet", "--json")
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert (tmp_path / said["sheet"]).read_text().startswith("<!doctype html>")
    assert (said["documents"], said["judged"], said["suspects"]) == (10, 0, [])
    assert "no better than by guessing" in said["not_judged"]["reason"]


def test_fields_are_audited_and_no_rungs_of_the_ladder(burnish, tmp_path):
    documents(tmp_path, "a")
    for path in (tmp_path / "documents").rglob("*.png"):
        path.with_suffix(".json").write_text('{"total": 77.5}')
    ended = burnish("audit", "documents", "--task", "extraction", "--out", "sheet", "--json")
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    (total,) = said["fields"]
    assert (total["name"], total["filled"], total["printed"]) == ("total", said["documents"], 0)
    assert (tmp_path / said["sheet"]).read_text().startswith("<!doctype html>")
    ended = burnish("ladder", "documents", "--task", "extraction")
    assert ended.returncode == 1
    assert "For fields, prepare a data set with `burnish prepare --task extraction`" in ended.stderr


def test_a_folder_of_one_type_alone_is_told_how_to_be_laid_out(burnish, tmp_path):
    (tmp_path / "invoice").mkdir()
    (tmp_path / "invoice" / "1.pdf").write_bytes(b"%PDF")
    ended = burnish("audit", tmp_path / "invoice")
    assert ended.returncode == 1
    assert "put the documents of each type into a folder named for the type" in ended.stderr
    assert not (tmp_path / "burnish-audit").exists()


def labelled_twice(folder):
    """An export of Label Studio with two controls, its documents beside it."""
    tasks = []
    for number in range(8):
        name, label = f"{number}.png", "ab"[number % 2]
        Image.effect_noise((300, 400), 80).save(folder / name)
        results = [
            {"from_name": control, "type": "choices", "value": {"choices": [choice]}}
            for control, choice in (("doctype", label), ("legibility", "good"))
        ]
        tasks.append({"data": {"image": f"s3://bucket/{name}"}, "annotations": [{"result": results}]})
    (folder / "export.json").write_text(json.dumps(tasks))


def test_one_of_several_controls_is_named_and_how_documents_were_found_is_said(burnish, tmp_path):
    labelled_twice(tmp_path)
    words = ("prepare", "export.json", "--to", "s3://bucket/p", "--model", NOVA, "--dry-run")
    ended = burnish(*words)
    assert ended.returncode == 1
    assert "has several controls" in ended.stderr
    assert "Name it with --control NAME" in ended.stderr
    ended = burnish(*words, "--control", "doctype")
    assert ended.returncode == 0, ended.stderr
    assert "Found by the end of the path only: 8 documents, such as '0.png' as '0.png'" in ended.stderr
    ended = burnish(*words, "--control", "doctype", "--json")
    assert [note[:37] for note in json.loads(ended.stdout)["notes"]] == [
        "Found by the end of the path only: 8 "[:37]
    ]
    ended = burnish("audit", "export.json", "--control", "doctype", "--out", "sheet")
    assert ended.returncode == 0, ended.stderr
    assert "Found by the end of the path only: 8 documents" in ended.stderr
    assert "--corrections sheet/corrections.csv --control doctype …" in ended.stdout


def test_a_manifest_has_no_layout(burnish, tmp_path):
    (tmp_path / "a.csv").write_text("path,label\n1.png,a\n")
    ended = burnish("audit", "a.csv", "--layout", "parts")
    assert ended.returncode == 1
    assert "There is no layout 'parts' in 'a.csv': --layout is for folders and s3://…" in ended.stderr


def test_a_folder_has_no_controls(burnish, tmp_path):
    (tmp_path / "a").mkdir()
    ended = burnish("audit", ".", "--control", "doctype")
    assert ended.returncode == 1
    assert "There is no control 'doctype' in '.': --control is for exports of Label Studio" in ended.stderr


@pytest.fixture
def two_sources(tmp_path):
    """Documents to train on and held-out ones, under the same names."""
    for part, number in itertools.product(("training", "held-out"), range(8)):
        path = tmp_path / "documents" / part / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((60, 80), 80).save(path)
    return (
        "documents/training",
        "--held-out",
        "documents/held-out",
        "--to",
        "s3://bucket/set",
        "--model",
        NOVA,
    )


def test_what_was_decided_about_documents_to_train_on_changes_none_that_is_held_out(
    burnish, two_sources, tmp_path
):
    (tmp_path / "mine.csv").write_text("name,label,decision\na/0.png,a,b\na/2.png,a,drop\n")
    ended = burnish("prepare", *two_sources, "--corrections", "mine.csv", "--dry-run", "--json")
    said = json.loads(ended.stdout)
    assert {label: counts["test"] for label, counts in said["labels"].items()} == {"a": 4, "b": 4}
    assert [one["name"] for one in said["left_out"]] == ["a/2.png"]
    assert (said["corrections"]["changed"], said["corrections"]["not_applied"]) == (2, [])


def test_decisions_of_an_audit_go_to_what_was_audited_and_the_others_are_listed(
    burnish, two_sources, tmp_path
):
    assert burnish("audit", "documents/training").returncode == 0
    file = tmp_path / "burnish-audit" / "corrections.csv"
    rows = list(csv.DictReader(file.open(newline="")))
    changed, dropped = rows[0]["name"], rows[1]["name"]
    Image.effect_noise((60, 80), 80).save(tmp_path / "documents" / "training" / changed)
    with file.open("w", newline="") as edited:
        writer = csv.DictWriter(edited, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows({**row, "decision": "drop"} for row in rows[:2])
    ended = burnish("prepare", *two_sources, "--corrections", file, "--dry-run")
    assert ended.returncode == 0, ended.stderr
    assert "corrections.csv: 1 decision applied, 1 not applied" in ended.stderr
    assert f"Skipped: {dropped}: left out by corrections.csv" in ended.stderr
    assert f"Not applied: {changed}: its content has changed since the decision" in ended.stderr


def pages(folder, *names: str) -> None:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (30, 40), number).save(path)


def dry_run(burnish, source, *words):
    return burnish("prepare", source, "--to", "s3://bucket/set", "--model", NOVA, "--dry-run", *words)


def test_how_folders_were_understood_is_told_once_and_is_in_the_json(burnish, tmp_path):
    parts = ("train", "val", "test")
    pages(tmp_path / "docs", *(f"{part}/{label}/{n}.png" for part in parts for label in "ab" for n in (1, 2)))
    pages(tmp_path / "docs" / "__MACOSX", "train/a/1.png")
    note = "docs: 3 parts (train, val, test), 2 labels; `__MACOSX` ignored"
    ended = dry_run(burnish, "docs")
    assert (ended.returncode, ended.stderr.count(note)) == (0, 1)
    assert ended.stdout.splitlines()[1:] == ["a\t2\t2\t2", "b\t2\t2\t2"]
    said = dry_run(burnish, "docs", "--json")
    assert (json.loads(said.stdout)["notes"], said.stderr) == ([note], "")


def test_a_layout_in_doubt_is_one_message_and_an_option_settles_it(burnish, tmp_path):
    parts = ("train", "eval", "test")
    pages(tmp_path / "docs", *(f"{part}/{label}/{n}.png" for part in parts for label in "ab" for n in (1, 2)))
    for command in (("audit", "docs"), ("prepare", "docs", "--to", "s3://bucket/set", "--model", NOVA)):
        ended = burnish(*command)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert "can be understood in two ways" in ended.stderr
        assert "--layout parts to use `test`, `train` and leave `eval` out" in ended.stderr
    assert "Skipped: eval/a/1.png" in dry_run(burnish, "docs", "--layout", "parts").stderr


@pytest.mark.parametrize(
    "place", ["s3://bucket//x", "s3://bucket/a//b/", "s3://bucket/x//", "s3://bucket/../x"]
)
def test_a_place_that_a_server_may_take_for_another_is_refused_before_anything_is_read(burnish, place):
    for words in ((), ("--dry-run",)):
        ended = burnish("prepare", "no-such-folder", "--to", place, "--model", NOVA, *words)
        assert ended.returncode == 1
        assert f"{place} is not a destination that Bedrock accepts: it has //, or a step" in ended.stderr


def test_a_name_that_is_not_text_is_shown_whatever_the_terminal(burnish, tmp_path):
    pages(tmp_path / "docs", "a/1.png", "a/2.png", "a/3.png", "b/4.png", "b/5.png", "b/6.png")
    (tmp_path / "docs" / "a" / os.fsdecode(b"gesch\xe4ft.png")).touch()
    for words in ((), ("--json",)):
        ended = dry_run(burnish, os.fsdecode(b"../") + tmp_path.name + "/docs", *words)
        assert ended.returncode == 0, ended.stderr
        assert "xe4ft.png" in ended.stdout + ended.stderr
    said = burnish("audit", "docs", "--out", os.fsdecode(b"Bl\xe4tter"), PYTHONIOENCODING="ascii")
    assert said.returncode == 0, said.stderr
    assert "gesch\\xe4ft.png: it is empty" in said.stderr
