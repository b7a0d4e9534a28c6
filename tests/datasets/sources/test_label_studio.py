"""Exports of Label Studio: which control gives the labels, which file a task means, and what is said."""

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from label_studio_exports import annotation, chosen, contents, export, lay_out, reasons, task
from PIL import Image

from burnish.datasets.sources import LabelStudioSource
from burnish.errors import InvalidDocuments

TREE = {"choices": [["finance", "invoice"]]}


# Files


def test_documents_of_one_name_in_several_folders_keep_their_labels(tmp_path):
    files = {f"{box}/scan00{number}.png": box for box in ("boxA", "boxB") for number in (1, 2)}
    lay_out(tmp_path, *files)
    tasks = [task(f"/data/local-files/?d=scans/{file}", label) for file, label in files.items()]
    found = export(tmp_path, *tasks)
    assert contents(found) == files
    assert [one.name for one in found.documents] == list(files)


def test_a_box_without_labels_is_not_filled_with_those_of_another(tmp_path):
    lay_out(tmp_path, "boxA/scan001.png", "boxB/scan001.png", "boxC/scan002.png")
    found = export(
        tmp_path,
        task("/data/local-files/?d=scans/boxB/scan001.png", "letter"),
        task("/data/local-files/?d=scans/boxA/scan002.png", "memo"),
        task("/data/local-files/?d=scans/boxC/scan002.png"),
    )
    assert contents(found) == {"boxB/scan001.png": "letter"}
    assert [one.name for one in found.documents] == ["scan001.png"]  # as long as it is the only one
    missing, unlabelled = found.skipped
    assert missing.name == "boxA/scan002.png"
    assert missing.reason.startswith("there is no such file; ")
    assert missing.reason.endswith("/boxC/scan002.png' has its name, but another path")
    assert str(unlabelled) == "boxC/scan002.png: nobody has labelled it"


def test_all_files_that_may_be_meant_are_listed(tmp_path):
    lay_out(tmp_path, *(f"{box}/{number}.png" for box in ("boxA", "boxB") for number in range(12)))
    tasks = [task(f"/data/upload/1/0badcafe-{number}.png", "memo") for number in range(12)]
    with pytest.raises(InvalidDocuments) as caught:
        export(tmp_path, *tasks)
    message = str(caught.value)
    assert (
        f"'/data/upload/1/0badcafe-0.png' may be '{tmp_path}/boxA/0.png' or '{tmp_path}/boxB/0.png'"
        in message
    )
    assert "Lay the documents out beside the export as its paths say" in message
    assert message.count("\n") == 11
    assert message.endswith("and 2 more")


def test_uploads_that_would_be_one_file_are_refused_unless_nobody_has_labelled_them(tmp_path):
    lay_out(tmp_path, "scan.png", "other.png")
    uploads = ("/data/upload/1/20240101-scan.png", "/data/upload/1/20240102-scan.png")
    with pytest.raises(
        InvalidDocuments, match=r"'/data/upload/1/20240101-scan.png' may be .*scan.png', but so may"
    ):
        export(tmp_path, task(uploads[0], "memo"), task(uploads[1]))
    found = export(tmp_path, *map(task, uploads), task("other.png", "memo"))
    assert contents(found) == {"other.png": "memo"}


def test_what_was_left_aside_to_find_files_is_counted_with_an_instance(tmp_path):
    lay_out(tmp_path, "a.png", "b.png", "c.png", "boxA/d.png")
    found = export(
        tmp_path,
        task("/data/upload/1/0badcafe-a.png", "memo"),
        task("/data/upload/1/0badcafe-b.png", "memo"),
        task("s3://bucket/prefix/c.png", "memo"),
        task("/data/upload/1/0badcafe-gone.png", "memo"),
        task("boxA/d.png", "memo"),
    )
    assert found.notes == (
        f"Found by the end of the path only: 1 document, such as '{tmp_path}/c.png' as 'c.png'",
        f"Found without the prefix of an upload: 2 documents, such as '{tmp_path}/a.png' as '0badcafe-a.png'",
    )


@pytest.mark.parametrize(
    "reference",
    [
        "/data/upload/1/0badcafe-scan",
        "/data/local-files/?d=box/scan",
        "http://here:8080/data/upload/3/0badcafe-scan",
    ],
)
def test_what_label_studio_serves_is_found_whatever_its_name(tmp_path, reference):
    page = tmp_path / "box" / "scan"
    page.parent.mkdir()
    Image.new("L", (60, 80), 200).save(page, "PNG")
    (found,) = export(tmp_path, task(reference, "letter")).documents
    assert (found.path, found.label) == (page, "letter")


def test_documents_may_lie_in_a_folder_of_their_own(tmp_path):
    lay_out(tmp_path / "scans", "boxA/1.png")
    (tmp_path / "export.json").write_text(json.dumps([task("boxA/1.png", "memo")]))
    source = LabelStudioSource(path=tmp_path / "export.json", documents=tmp_path / "scans")
    assert contents(source.read()) == {"boxA/1.png": "memo"}


@pytest.mark.parametrize(
    ("data", "content"),
    [
        ({"image": "a.png", "file": "a.png"}, "a.png"),
        ({"image": "boxA/b.png", "name": "b.png"}, "boxA/b.png"),
        ({"name": "boxA/b.png", "url": "https://host/a.png"}, "a.png"),
        ({"thumbnail": "boxA/b.png", "image": "a.png"}, "a.png"),
        ({"image": "a.png", "text": "not b.pdf", "pages": ["boxA/b.png"], "number": 7}, "a.png"),
    ],
)
def test_of_several_members_that_is_read_which_people_saw(tmp_path, data, content):
    lay_out(tmp_path, "a.png", "boxA/b.png")
    assert contents(export(tmp_path, {**task("", "memo"), "data": data})) == {content: "memo"}


def test_a_task_that_names_several_documents_is_left_out(tmp_path):
    lay_out(tmp_path, "a.png", "b.png")
    found = export(
        tmp_path, {"front": "a.png", "back": "b.png", "choice": "memo"}, {"pages": 3, "choice": "a"}
    )
    assert reasons(found) == {
        "task 1": "it names several documents, in 'back', 'front': leave one of them in its data",
        "task 2": "it names no document",
    }


def test_two_tasks_with_one_document_must_agree(tmp_path):
    lay_out(tmp_path, "a.png", "b.png", "c.png")
    found = export(
        tmp_path,
        task("a.png", "memo", id=7),
        task("/data/local-files/?d=a.png", "letter", id=8),
        task("b.png", "memo"),
        task("./b.png", "memo"),
        task("c.png", "memo"),
        task("c.png"),
    )
    assert contents(found) == {"b.png": "memo", "c.png": "memo"}
    assert reasons(found) == {
        "a.png": "it was labelled in several ways (task 7, task 8): letter, memo. Resolve it and export again"
    }
    assert found.notes == ("Named by several tasks, and labelled in one way: 2 documents, such as b.png",)


# Labels


def test_who_disagrees_has_to_settle_it_and_who_gave_up_does_not_count(tmp_path):
    lay_out(tmp_path, *(f"{name}.png" for name in ("one", "two", "three", "four", "five", "six")))
    memo, letter = chosen("doctype", "memo"), chosen("doctype", "letter")
    found = export(
        tmp_path,
        task("one.png", "memo", "letter"),
        {**task("two.png"), "annotations": [annotation(memo, was_cancelled=True)]},
        task("three.png", "memo", "memo"),
        {**task("four.png"), "annotations": [annotation(memo), annotation(letter, was_cancelled=True)]},
        {**task("five.png"), "annotations": [annotation()], "predictions": [annotation(memo)]},
        {
            **task("six.png"),
            "annotations": [annotation(letter), annotation(), annotation(chosen("doctype", " "))],
        },
    )
    assert contents(found) == {"three.png": "memo", "four.png": "memo", "six.png": "letter"}
    assert reasons(found) == {
        "one.png": "it was labelled in several ways: letter, memo. Resolve it and export again",
        "two.png": "nobody has labelled it",
        "five.png": "only a model has labelled it",
    }


def test_the_ground_truth_settles_it_and_that_is_said(tmp_path):
    lay_out(tmp_path, "a.png", "b.png")
    memo, letter = chosen("doctype", "memo"), chosen("doctype", "letter")
    found = export(
        tmp_path,
        {**task("a.png"), "annotations": [annotation(memo), annotation(letter, ground_truth=True)]},
        {**task("b.png"), "annotations": [annotation(memo, ground_truth=True), annotation(memo)]},
    )
    assert contents(found) == {"a.png": "letter", "b.png": "memo"}
    assert found.notes == ("Labelled in several ways; the ground truth was used: 1 document, such as task 1",)


def test_annotations_of_the_first_versions_count(tmp_path):
    lay_out(tmp_path, "a.png")
    old = {"data": {"image": "a.png"}, "completions": [annotation(chosen("doctype", "memo"))]}
    assert contents(export(tmp_path, old)) == {"a.png": "memo"}


@pytest.mark.parametrize(
    ("result", "label"),
    [
        (chosen("doctype", "invoice"), "invoice"),
        (chosen("my own name", "invoice"), "invoice"),
        (chosen("doctype", 0), "0"),
        (chosen("doctype", ["finance", "invoice"]), "finance/invoice"),
        (chosen("doctype", ["invoice"], kind="taxonomy"), "invoice"),
        (chosen("doctype", ["finance", "invoice", "foreign"], kind="taxonomy"), "finance/invoice/foreign"),
        ({"type": "choices", "value": {"choices": ["invoice"]}}, "invoice"),
    ],
)
def test_a_choice_is_the_label_and_a_path_through_a_tree_is_one(tmp_path, result, label):
    lay_out(tmp_path, "a.png")
    boxes = {"from_name": "box", "type": "rectanglelabels", "value": {"rectanglelabels": ["stamp"], "x": 1}}
    one = {**task("a.png"), "annotations": [annotation(result, boxes)]}
    assert contents(export(tmp_path, one)) == {"a.png": label}


@pytest.mark.parametrize(
    ("members", "label"),
    [
        ({"doctype": "invoice"}, "invoice"),
        ({"doctype": {"choices": ["invoice"]}}, "invoice"),
        ({"doctype": [{"taxonomy": [["finance", "invoice"]]}]}, "finance/invoice"),
        ({"doctype": ["invoice"]}, "invoice"),
        ({"doctype": "invoice", "box": [{"x": 1, "rectanglelabels": ["stamp"]}], "pages": 3}, "invoice"),
        ({"choice": "invoice", "file": "a.png"}, "invoice"),
    ],
)
def test_the_short_format_is_read_whatever_the_name_of_the_control(tmp_path, members, label):
    lay_out(tmp_path, "a.png")
    about = {
        "id": 4,
        "annotator": "me@example.org",
        "annotation_id": 5,
        "lead_time": 3.2,
        "created_at": "2026",
    }
    found = export(tmp_path, {"image": "a.png", **about, **members})
    assert contents(found) == {"a.png": label}
    assert found.notes == (f"The labels are what the export says under {next(iter(members))!r}",)


@pytest.mark.parametrize(
    "one",
    [
        {**task("a.png"), "annotations": [annotation(chosen("doctype", "invoice", "urgent"))]},
        {"image": "a.png", "doctype": {"choices": ["invoice", "urgent"]}},
        {"image": "a.png", "doctype": ["invoice", "urgent"]},
    ],
)
def test_several_choices_in_one_control_are_no_label(tmp_path, one):
    lay_out(tmp_path, "a.png")
    reason = "it was labelled in several ways: invoice, urgent. Resolve it and export again"
    assert reasons(export(tmp_path, one)) == {"a.png": reason}


def test_two_annotators_in_the_short_format_must_agree(tmp_path):
    lay_out(tmp_path, "a.png")
    found = export(tmp_path, *({"image": "a.png", "id": 1, "doctype": label} for label in ("memo", "letter")))
    assert reasons(found)["a.png"].startswith("it was labelled in several ways: letter, memo")


FULL = {
    **task("a.png"),
    "annotations": [annotation(chosen("doctype", "invoice"), chosen("legibility", ["good", "very"]))],
}
SHORT = {"image": "a.png", "doctype": "invoice", "legibility": [{"taxonomy": [["good", "very"]]}]}


@pytest.mark.parametrize("one", [FULL, SHORT])
def test_several_controls_are_listed_and_one_of_them_can_be_named(tmp_path, one):
    lay_out(tmp_path, "a.png")
    listed = (
        r"several controls.*'doctype' \(invoice\), 'legibility' \(good/very\)\. Name it with --control NAME"
    )
    with pytest.raises(InvalidDocuments, match=listed):
        export(tmp_path, one)
    assert contents(export(tmp_path, one, control="doctype")) == {"a.png": "invoice"}
    assert contents(export(tmp_path, one, control="legibility")) == {"a.png": "good/very"}
    with pytest.raises(InvalidDocuments, match="no choices in a control named 'kind': it has 'doctype'"):
        export(tmp_path, one, control="kind")


def test_with_a_control_named_no_other_choice_counts(tmp_path):
    lay_out(tmp_path, "a.png", "b.png")
    results = annotation(chosen("legibility", "good"), chosen("", "x"))
    found = export(tmp_path, FULL, {**task("b.png"), "annotations": [results]}, control="doctype")
    assert reasons(found) == {"b.png": "no choice was made in 'doctype'"}


def test_other_data_of_the_short_format_is_never_taken_for_labels(tmp_path):
    lay_out(tmp_path, "a.png", "b.png")
    tasks = [{"image": "a.png", "doctype": "memo", "sender": "x"}, {"image": "b.png", "sender": "y"}]
    with pytest.raises(InvalidDocuments, match="JSON-MIN does not tell controls from other data; JSON does"):
        export(tmp_path, *tasks)


def test_two_choices_never_become_one_label(tmp_path):
    lay_out(tmp_path, "a.png", "b.png")
    tasks = [
        {**task(image), "annotations": [annotation(chosen("doctype", choice))]}
        for image, choice in (("a.png", ["finance", "invoice"]), ("b.png", "finance/invoice"))
    ]
    with pytest.raises(InvalidDocuments, match=r"two different choices would be 'finance/invoice'"):
        export(tmp_path, *tasks)


# Files that are no exports


@pytest.mark.parametrize(
    "body",
    [
        b'{"not": "a list"}',
        b"[1]",
        b"no json",
        b'[{"data": {"image": "a.png"}, "annotations": [{"result": [{"value": {"choices": "memo"}}]}]}]',
        b'[{"data": "a.png"}]',
        b'[{"image": "s\xfc\xdf.png", "choice": "memo"}]',
        '[{"image": "a.png", "choice": "memo"}]'.encode("utf-16"),
    ],
)
def test_a_file_that_is_no_export_says_how_to_export(tmp_path, body):
    (tmp_path / "a.json").write_bytes(body)
    with pytest.raises(
        InvalidDocuments, match=r"is not an export of Label Studio .* export as JSON or JSON-MIN"
    ):
        LabelStudioSource(path=tmp_path / "a.json").read()


def test_a_mark_of_byte_order_is_passed_over(tmp_path):
    lay_out(tmp_path, "a.png")
    (tmp_path / "a.json").write_text(json.dumps([task("a.png", "memo")]), encoding="utf-8-sig")
    assert contents(LabelStudioSource(path=tmp_path / "a.json").read()) == {"a.png": "memo"}


def test_an_export_without_tasks_or_none_at_all_is_said(tmp_path):
    with pytest.raises(InvalidDocuments, match="holds no tasks"):
        export(tmp_path)
    with pytest.raises(InvalidDocuments, match="does not exist"):
        LabelStudioSource(path=tmp_path / "none.json").read()
    with pytest.raises(InvalidDocuments, match="cannot be read: Is a directory"):
        LabelStudioSource(path=tmp_path).read()


MEMBERS = [
    "data",
    "annotations",
    "result",
    "type",
    "value",
    "choices",
    "taxonomy",
    "image",
    "from_name",
    "id",
]
ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.sampled_from(["a.png", "memo", "choices"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tasks=st.lists(st.dictionaries(st.sampled_from([*MEMBERS[:2], "image", "choice", "id"]), ANYTHING)))
def test_no_export_whatever_crashes_the_reader(tmp_path, tasks):
    with suppress(InvalidDocuments):
        export(tmp_path, *tasks)
