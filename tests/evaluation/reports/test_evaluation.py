"""The report on any number of models: the same from the same answers, safe, and whole without a network."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from evaluations import LABELS, PAGES, SCRIPT, TRAINING, Outline, demo, evaluation

from burnish.csv_cells import csv_of
from burnish.errors import InvalidInput
from burnish.evaluation.evaluation import Evaluation, joined
from burnish.evaluation.identity import ModelIdentity
from burnish.evaluation.predicting import Page, unanswered
from burnish.evaluation.reports.folder import read_evaluation, write_evaluation
from burnish.evaluation.reports.model_card import model_card
from burnish.evaluation.reports.page import html_of
from burnish.evaluation.reports.tables import tables_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_evaluation(evaluation(), tmp_path_factory.mktemp("reports") / "out").parent


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return (folder / "report.html").read_text()


def test_the_folder_holds_the_answers_and_everything_that_is_made_of_them(folder: Path):
    assert sorted(it.name for it in folder.iterdir()) == [
        "evaluation.json",
        "model-cards",
        "plots",
        "report.html",
        "summary.json",
        "tables",
    ]
    assert {it.stem for it in (folder / "model-cards").iterdir()} == {"base", "large", "tuned"}
    plots = sorted(it.name for it in (folder / "plots").iterdir())
    assert [name.removesuffix(".png") for name in plots if name.endswith(".png")] == [
        name.removesuffix(".svg") for name in plots if name.endswith(".svg")
    ]
    assert "reliability-tuned.svg" in plots
    assert "reliability-base.svg" not in plots
    assert "loss-tuned.svg" in plots


def test_a_saved_evaluation_makes_the_same_files_again(folder: Path, tmp_path: Path):
    again = read_evaluation(folder)
    assert again == evaluation()
    write_evaluation(again, tmp_path)
    files = [it.relative_to(folder) for it in folder.rglob("*") if it.is_file()]
    assert len(files) > 25
    for file in files:
        assert (tmp_path / file).read_bytes() == (folder / file).read_bytes(), file


def test_the_page_is_well_formed_and_needs_nothing_but_itself(html: str):
    outline = Outline(html)
    assert outline.open == []
    assert "<script" not in html
    assert outline.text.count(SCRIPT) > 5
    for _, attributes in outline.tags:
        for name in ("src", "srcset", "href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/", "#"))
    assert all(image["alt"] for image in outline.all("img"))
    assert all(header.get("scope") for header in outline.all("th"))
    ids = [attributes["id"] for _, attributes in outline.tags if attributes.get("id")]
    assert all(str(link["href"])[1:] in ids for link in outline.all("a"))


def test_the_page_says_what_to_do_and_how_sure_that_is(html: str):
    said = Outline(html).text
    for text in (
        "large gets 86 of 100 pages right, but its lead over tuned may be chance",
        "Judged by uncalibrated answers: base has no validation answers with probabilities.",
        "base: 11 calls failed; such a page counts as wrong.",
        "covers 59 of 100 pages (49% to 68%), of which 95% are right (86% to 98%).",
        "Its answers have no label probabilities: --samples",
        "ThrottlingException: slow down",
        "Confusion matrices",
        "the Price List, 2 August 2026",
        "How an answer becomes a label",
    ):
        assert text in said, text


def test_models_that_are_all_calibrated_are_judged_by_that_and_both_accuracies_are_told():
    made = evaluation("tuned", "large")
    said = Outline(html_of(made, made.scores)).text
    assert "Judged by calibrated answers. Uncalibrated, tuned gets 82 of 100 pages right." in said
    assert "The answers of large are used as given: on validation answers that the fit had not seen" in said


def test_a_calibration_that_made_things_worse_says_so():
    made = evaluation("tuned")
    said = Outline(html_of(made, made.scores)).text
    assert "its calibration error went from 0.08 to 0.10. The 100 validation answers" in said


def few_of(made: Evaluation, pages: int) -> Evaluation:
    candidates = tuple(replace(one, predictions=one.predictions[:pages]) for one in made.candidates)
    return replace(made, candidates=candidates)


def test_confidence_is_not_drawn_of_a_few_pages_as_if_it_were_a_finding():
    made = few_of(evaluation("tuned"), 40)
    outline = Outline(html_of(made, made.scores))
    assert "The answers of tuned are too few to tell whether their confidence can be trusted" in outline.text
    assert not [image for image in outline.all("img") if str(image["alt"]).startswith(("Reliab", "Risk"))]
    enough = few_of(evaluation("tuned"), 60)
    drawn = Outline(html_of(enough, enough.scores)).all("img")
    assert [image for image in drawn if str(image["alt"]).startswith("Reliability of tuned")]


def test_names_stand_where_names_serve_and_no_address_of_a_machine():
    facts = replace(TRAINING, job_name="invoices-7", custom_model_name="invoices")
    made = replace(demo(), training={"tuned": facts})
    html = html_of(made, made.scores)
    for name in ("<dd>invoices-7</dd>", "<dd>invoices</dd>", "<dd>local.smollm2-135m-instruct-v1:0</dd>"):
        assert name in html
    assert "arn:aws" not in html
    assert "127.0.0.1" not in html


def test_headings_are_in_order_and_a_model_has_its_colour_before_its_name():
    made = evaluation()
    outline = Outline(html_of(made, made.scores))
    levels = [int(tag[1]) for tag, _ in outline.tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    swatches = {str(one["style"]) for one in outline.all("i") if one.get("class") == "swatch"}
    assert swatches == {f"background: var(--model-{place})" for place in range(3)}


def test_the_confusion_matrix_is_a_table_of_every_count():
    made = evaluation("tuned")
    html = html_of(made, made.scores)
    (score,) = made.scores.scores
    matrix = html.partition('aria-label="Confusion matrix of tuned"')[2].partition("</table>")[0]
    counts = [int(count) for count in re.findall(r">(\d+)</td>", matrix)]
    assert sum(counts) == len(PAGES)
    assert sorted(counts) == sorted(count for row in score.metrics.confusion for count in row if count)


def test_a_demo_tells_of_its_data_its_training_and_its_times():
    made = demo()
    said = " ".join(Outline(html_of(made, made.scores)).text.split())
    for text in (
        "Use tuned: it gets 82 of 100 pages right, and is better than base.",
        "42 documents with 5 labels.",
        "Documents are split by seed 0.",
        "Validation: 9 pages",
        "2: it is encrypted",
        "local.smollm2-135m-instruct-v1:0",
        "def",
        "abc",
        "learningRate",
        "6 min 52 s",
        "7 min 22 s",
    ):
        assert text in said, text


def test_what_is_not_known_is_not_in_the_page():
    made = replace(evaluation("base"), training={})
    ids = {attributes.get("id") for _, attributes in Outline(html_of(made, made.scores)).tags}
    assert not ids & {"training", "data", "stages"}


def test_one_model_alone_without_confidence_or_price_has_a_page_too():
    made = evaluation("base")
    said = Outline(html_of(made, made.scores)).text
    assert "No model gives label probabilities" in said
    assert "No price is known for this model" in said
    assert "Which differences are real" not in said


def test_evaluations_of_the_same_pages_are_joined_and_nothing_is_asked():
    parts = [evaluation("base"), evaluation("tuned", "large")]
    made = joined(parts)
    assert made.scores.models == ("base", "tuned", "large")
    assert len(made.scores.comparisons) == 3
    assert made.training.keys() == {"tuned"}


def test_what_cannot_be_joined_is_named():
    base, tuned = evaluation("base"), evaluation("tuned")
    with pytest.raises(InvalidInput, match="nothing to compare"):
        joined([])
    with pytest.raises(InvalidInput, match="'base' is one model twice"):
        joined([base, base])
    with pytest.raises(InvalidInput, match="different labels"):
        joined([base, replace(tuned, labels=LABELS[1:])])
    fewer = replace(tuned.candidates[0], predictions=tuned.candidates[0].predictions[:50])
    with pytest.raises(InvalidInput, match="different pages"):
        joined([base, replace(tuned, candidates=(fewer,))])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"prompt": "another"}, "different prompts"),
        ({"pages": {PAGES[3].name: "another"}}, "differ in the content of 1 pages, such as 'form/003.pdf'"),
        ({"pages": {}}, "does not record its pages and prompt"),
        ({"prompt": ""}, "does not record its pages and prompt"),
    ],
)
def test_evaluations_of_other_pages_or_prompts_are_not_compared(changes: dict[str, object], says: str):
    base, tuned = evaluation("base"), evaluation("tuned")
    for pair in ([base, replace(tuned, **changes)], [replace(base, **changes), tuned]):
        with pytest.raises(InvalidInput, match=says):
            joined(pair)


def test_pages_with_labels_that_were_corrected_in_between_are_not_compared():
    base, tuned = evaluation("base"), evaluation("tuned")
    (candidate,) = tuned.candidates
    first = replace(candidate.predictions[0], label="memo")
    corrected = replace(candidate, predictions=(first, *candidate.predictions[1:]))
    with pytest.raises(InvalidInput, match="differ in the label of 1 pages"):
        joined([base, replace(tuned, candidates=(corrected,))])


def identity(model_arn: str) -> ModelIdentity:
    place = {"endpoint": "http://host", "account": "123456789012", "region": "us-east-1"}
    return ModelIdentity(model_id="base", model_arn=model_arn, version="", **place)


def test_two_models_under_one_name_are_not_mixed_and_both_are_named():
    made = evaluation("base")
    (candidate,) = made.candidates
    both = [
        replace(made, candidates=(replace(candidate, identity=identity(arn)),))
        for arn in ("arn:one", "arn:other")
    ]
    with pytest.raises(InvalidInput, match=r"'base' is two models: arn:one .* and arn:other"):
        joined(both)


def test_what_must_be_said_of_a_model_is_said_wherever_its_figures_are(tmp_path: Path):
    made, remark = evaluation("base"), "base was trained on 3 of the 100 test pages"
    made = replace(made, candidates=(replace(made.candidates[0], remarks=(remark,)),))
    folder = write_evaluation(joined([made, evaluation("tuned")]), tmp_path).parent
    for name in ("report.html", "model-cards/base.md", "summary.json", "evaluation.json"):
        assert remark in (folder / name).read_text(), name
    assert remark not in (folder / "model-cards" / "tuned.md").read_text()


def test_names_that_make_the_same_files_are_refused(tmp_path: Path):
    one = evaluation("base").candidates[0]
    both = replace(evaluation("base"), candidates=(replace(one, name="m 1"), replace(one, name="m-1")))
    with pytest.raises(InvalidInput, match="too alike for files"):
        write_evaluation(both, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_an_evaluation_is_named(tmp_path: Path):
    with pytest.raises(InvalidInput, match="There is no evaluation at"):
        read_evaluation(tmp_path)
    (tmp_path / "evaluation.json").write_text("[]")
    with pytest.raises(InvalidInput, match=r"evaluation\.json is not a saved evaluation"):
        read_evaluation(tmp_path)


def test_an_evaluation_from_before_errors_had_codes_counts_the_same(tmp_path: Path):
    made = evaluation("base")
    (base,) = made.candidates
    page = Page(name=base.predictions[0].page, label=base.predictions[0].label, png=b"")
    base = replace(base, predictions=(unanswered(page), *base.predictions[1:]))
    made = replace(made, candidates=(base,))
    write_evaluation(made, tmp_path)
    file = tmp_path / "evaluation.json"
    saved = json.loads(file.read_text())
    del saved["version"]
    for one in saved["candidates"][0]["predictions"]:
        del one["error_code"]
    file.write_text(json.dumps(saved))
    (score,) = read_evaluation(tmp_path).scores.scores
    assert score == made.scores.scores[0]
    assert score.unanswered == 1


def test_calls_that_failed_are_counted_by_their_code_with_one_message_as_an_example():
    made = evaluation("base")
    (base,) = made.candidates
    broken = [
        replace(one, error=f"Too many requests (id {number})", error_code="ThrottlingException")
        for number, one in enumerate(base.predictions[:3])
    ]
    coded = replace(made, candidates=(replace(base, predictions=(*broken, *base.predictions[3:])),))
    page = html_of(coded, coded.scores)
    assert "Too many requests (id 0)" in page
    assert "Too many requests (id 1)" not in page
    failed = sum(one.error_code == "ThrottlingException" for one in coded.candidates[0].predictions)
    assert f"ThrottlingException: Too many requests (id 0)</td><td>{failed}</td>" in page


def saved(folder: Path) -> dict[str, object]:
    return json.loads((folder / "evaluation.json").read_bytes())


def test_both_files_of_data_say_their_version(folder: Path):
    assert saved(folder)["version"] == json.loads((folder / "summary.json").read_bytes())["version"] == 2


def test_an_evaluation_from_before_files_had_a_version_is_read(folder: Path, tmp_path: Path):
    content = saved(folder)
    for name in ("version", "data", "stages"):
        del content[name]
    (tmp_path / "evaluation.json").write_text(json.dumps(content))
    assert read_evaluation(tmp_path) == evaluation()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"version": 3}, r"evaluation.json is an evaluation of version 3, and this Burnish reads up to 2: "),
        (
            {"title": "Fine-tuning demo", "base": {}, "tuned": {}},
            r"demo of Burnish 0\.1.* run `burnish demo`",
        ),
    ],
)
def test_a_file_of_another_version_is_refused_with_what_to_do(
    tmp_path: Path, content: dict[str, object], says: str
):
    (tmp_path / "evaluation.json").write_text(json.dumps(content))
    with pytest.raises(InvalidInput, match=says):
        read_evaluation(tmp_path)


def test_a_summary_has_every_figure_and_fact_and_no_answers(tmp_path: Path):
    write_evaluation(demo(), tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_bytes())
    assert (summary["basis"], summary["verdict"]) == ("uncalibrated", "Settled")
    assert summary["data"]["documents"] == 42
    assert [one["seconds"] for one in summary["stages"]] == [412, 30]
    assert summary["training"]["tuned"]["training_losses"][-1]["loss"] == 0.25
    base, tuned = summary["scores"]
    assert (base["metrics"]["correct"], tuned["metrics"]["correct"]) == (36, 82)
    assert tuned["review"]["precision_interval"][0] < tuned["review"]["precision"]
    assert "candidates" not in summary


def test_a_demo_is_compared_with_an_evaluation_of_the_same_pages(tmp_path: Path):
    write_evaluation(demo(), tmp_path / "demo")
    write_evaluation(evaluation("large"), tmp_path / "large")
    made = joined([read_evaluation(tmp_path / name) for name in ("demo", "large")])
    assert made.scores.models == ("base", "tuned", "large")
    assert made.data == demo().data
    assert made.stages == ()


def test_tables_have_a_row_for_each_thing_and_no_formulas():
    made = evaluation()
    strange = replace(made.candidates[0], name="=HYPERLINK(1)")
    made = replace(made, candidates=(strange, *made.candidates[1:]))
    tables = tables_of(made, made.scores)
    rows = list(csv.reader(io.StringIO(csv_of(tables["predictions"]))))
    assert len(rows) == 1 + 3 * len(PAGES)
    assert rows[1][0] == "'=HYPERLINK(1)"
    assert len(tables["labels"]) == 1 + 3 * len(LABELS)
    assert len(tables["comparisons"]) == 1 + 3
    confusion = tables["confusion-tuned"]
    assert sum(sum(row[1:]) for row in confusion[1:]) == len(PAGES)
    assert all(len(row) == len(table[0]) for table in tables.values() for row in table)


def test_a_model_card_says_how_good_on_what_and_where_not_to_rely_on_it():
    made = evaluation()
    card = model_card(made, made.scores.scores[1])
    head, body = card.split("---\n")[1:3] if card.startswith("---\n") else ("", card)
    assert f"value: {made.scores.scores[1].metrics.accuracy:.4f}" in head
    assert json.dumps(made.dataset) in head
    for text in (
        "82% (82 of 100 pages)",
        "epochCount",
        "a temperature of 1.57",
        "of which 98% are right",
        "## Limits",
    ):
        assert text in body, text
    assert "| &lt;script>" in body


def is_whole(path: Path) -> bool:
    """Whether a file is one to its end."""
    body = path.read_bytes()
    ends = {".json": b"}\n", ".csv": b"\r\n", ".md": b"\n", ".html": b"</html>", ".svg": b"</svg>\n"}
    if path.suffix == ".png":
        return body.endswith(b"IEND\xaeB`\x82")
    return body.rstrip(b"\n").endswith(ends[path.suffix].rstrip(b"\n"))


def test_a_report_that_is_interrupted_leaves_whole_files_and_no_page_that_lacks_some(tmp_path: Path):
    write_evaluation(evaluation("base"), tmp_path / "one")
    out = tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, "-m", "burnish.cli", "compare", "one", "--out", "out"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as writing:
        while not (out / "plots").exists():
            assert writing.poll() is None
            time.sleep(0.005)
        writing.send_signal(signal.SIGINT)
        printed, said = writing.communicate(timeout=60)
    assert writing.returncode == -signal.SIGINT
    assert printed == b""
    assert re.search(rb"2\. report\n +[0-9.]+ s  report: not finished\n$", said)
    assert b"Traceback" not in said
    left = [path for path in out.rglob("*") if path.is_file()]
    assert left
    assert [path for path in left if path.name.startswith(".") or not is_whole(path)] == []
    assert not (out / "report.html").exists()
