"""The report: it concludes what the figures bear, needs nothing but itself, and trusts no label."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from burnish.errors import InvalidInput
from burnish.evaluation.conclusion import Verdict, conclusion_of
from burnish.evaluation.metrics import metrics_of
from burnish.evaluation.mistakes import confusions_of, mistakes_of
from burnish.evaluation.predicting import Page, Prediction
from burnish.evaluation.reports.pictures import duration
from burnish.evaluation.reports.tuning import (
    MAX_THUMBNAILS,
    DataFacts,
    LossPoint,
    ModelEvaluation,
    Report,
    Skipped,
    StageTime,
    TrainingFacts,
    evaluation_of,
    read_report,
    thumbnails_of,
)
from burnish.evaluation.reports.tuning_files import SUMMARY_KEYS, summary_of, write_report, write_summary
from burnish.evaluation.reports.tuning_page import html_of

SCRIPT = '<script>alert("x")</script>'
LABELS = ("form", "invoice", SCRIPT)
VOID = {"meta", "img", "source", "link", "br"}


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (850, 1100), 250).save(buffer, format="PNG")
    return buffer.getvalue()


PNG = png()


def pages(labels: tuple[str, ...] = LABELS, each: int = 10) -> list[Page]:
    return [Page(name=f"{label}/{n:03}.pdf", label=label, png=PNG) for label in labels for n in range(each)]


def predictions(right: int, asked: list[Page], failed: int = 0) -> list[Prediction]:
    """The first pages are right, the last failed, those between taken for the next label or for nothing."""
    labels = sorted({page.label for page in asked})
    found = []
    for number, page in enumerate(asked):
        other = labels[(labels.index(page.label) + 1) % len(labels)] if number % 5 else None
        guess = page.label if number < right else other
        sure = {guess: 0.5 + number / 100} if guess else None
        one = Prediction(
            page=page.name, label=page.label, predicted=guess, probabilities=sure, answer="", seconds=0.5
        )
        if number >= len(asked) - failed:
            one = Prediction(page=page.name, label=page.label, error=f"Gone: {SCRIPT}", seconds=0.5)
        found.append(one)
    return found


def evaluation(name: str, right: int, asked: list[Page], failed: int = 0) -> ModelEvaluation:
    return evaluation_of(
        name, f"arn:{name}", predictions(right, asked, failed), sorted({p.label for p in asked})
    )


TRAINING = TrainingFacts(
    base_model="local.smollm2-135m-instruct-v1:0",
    job_arn="arn:aws:bedrock:us-east-1:123456789012:model-customization-job/abc",
    custom_model_arn="arn:aws:bedrock:us-east-1:123456789012:custom-model/def",
    hyperparameters={"epochCount": "3", "learningRate": "0.001"},
    training_losses=(LossPoint(step=1, loss=2.5), LossPoint(step=2, loss=0.25)),
    validation_losses=(LossPoint(step=2, loss=0.5),),
)
DATA = DataFacts(
    documents=42,
    train_records=90,
    validation_records=9,
    split="Documents are split by seed 0.",
    skipped=(
        Skipped(name=f"{SCRIPT}.pdf", reason="it is encrypted"),
        Skipped(name="b.pdf", reason="it is encrypted"),
    ),
)


def report(base: int = 5, tuned: int = 27, *, failed: int = 0, **changes: Any) -> Report:
    asked = pages()
    tuned_evaluation = evaluation("tuned", tuned, asked)
    made = Report(
        title=f"Sample {SCRIPT}",
        created=datetime(2025, 11, 24, 9, 41, tzinfo=UTC),
        base=evaluation("base", base, asked, failed),
        tuned=tuned_evaluation,
        data=DATA,
        training=TRAINING,
        stages=(StageTime(name="Train", seconds=412), StageTime(name="Evaluate", seconds=30)),
        thumbnails=thumbnails_of(asked, tuned_evaluation),
    )
    return replace(made, **changes)


class Outline(HTMLParser):
    """What there is in a page, as a browser would find it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report, written once for all that only read it."""
    return write_report(report(failed=2), tmp_path_factory.mktemp("reports") / "out").parent


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return (folder / "report.html").read_text()


@pytest.fixture(scope="module")
def outline(html: str) -> Outline:
    return Outline(html)


def test_every_element_is_closed(outline: Outline):
    assert outline.open == []


def test_labels_and_names_are_text_and_never_markup(html: str, outline: Outline):
    assert "<script" not in html
    assert outline.all("script") == []
    assert outline.text.count(SCRIPT) > 5


def test_nothing_is_loaded_from_anywhere(html: str, outline: Outline):
    for _, attributes in outline.tags:
        for name in ("src", "srcset", "href", "action", "data", "poster"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/", "#"))
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert re.findall(r"https?://", html) == []
    policy = next(meta["content"] for meta in outline.all("meta") if meta.get("http-equiv"))
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_every_image_is_inline_and_described(outline: Outline):
    images = outline.all("img")
    assert len(images) == 4 + 3
    for image in images:
        assert str(image["src"]).startswith("data:image/")
        assert image["alt"]


def test_a_screen_reader_finds_its_way(outline: Outline):
    assert outline.all("html") == [{"lang": "en"}]
    assert len(outline.all("h1")) == len(outline.all("main")) == len(outline.all("header")) == 1
    assert all(header.get("scope") for header in outline.all("th"))
    ids = [attributes["id"] for _, attributes in outline.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for link in outline.all("a"):
        assert str(link["href"])[1:] in ids
    for section in outline.all("section"):
        assert section["aria-labelledby"] in ids


def test_the_report_says_what_there_is_to_know(outline: Outline):
    for text in (
        "The tuned model gets 27 of 30 held-out pages right, the base model 5: use the tuned model.",
        "2 calls to the base model failed",
        "42 documents with 3 labels.",
        "Documents are split by seed 0.",
        "2: it is encrypted",
        "local.smollm2-135m-instruct-v1:0",
        "custom-model/def",
        "model-customization-job/abc",
        "learningRate",
        "6 min 52 s",
        "Wilson",
        "They rest on 30 pages.",
    ):
        assert text in outline.text


def test_a_perfect_model_has_no_mistakes_to_show():
    made = report(tuned=30)
    assert made.thumbnails == {}
    assert "it found the label of each of the 30 held-out pages" in Outline(html_of(made)).text


def test_a_label_without_held_out_pages_is_said_to_be_unknown():
    asked = pages(("form",))
    both = [evaluation_of(name, name, predictions(9, asked), ["form", "memo"]) for name in ("base", "tuned")]
    made = report(base=0, thumbnails={})
    text = Outline(html_of(replace(made, base=both[0], tuned=both[1]))).text
    assert "none held out, so nothing is known" in text


def test_the_folder_holds_the_report_its_data_and_its_plots(folder: Path):
    assert sorted(it.name for it in folder.iterdir()) == [
        "comparison.png",
        "confusion-base.png",
        "confusion-tuned.png",
        "evaluation.json",
        "loss.png",
        "report.html",
    ]


def test_a_saved_evaluation_makes_the_same_page_again(folder: Path, html: str):
    again = read_report(folder / "evaluation.json")
    assert again == report(failed=2)
    assert html_of(again) == html


def test_a_file_that_is_no_evaluation_is_named(tmp_path: Path):
    (tmp_path / "evaluation.json").write_text('{"title": 3}')
    with pytest.raises(InvalidInput, match=r"evaluation\.json is not a saved evaluation"):
        read_report(tmp_path / "evaluation.json")


def test_model_names_make_safe_file_names_and_no_loss_makes_no_plot(tmp_path: Path):
    made = report(training=replace(TRAINING, training_losses=(), validation_losses=()))
    write_report(replace(made, tuned=replace(made.tuned, name="../My Model/v1:0")), tmp_path / "out")
    assert not (tmp_path / "out" / "loss.png").exists()
    assert (tmp_path / "out" / "confusion-my-model-v1-0.png").exists()
    assert [it.name for it in tmp_path.iterdir()] == ["out"]


def test_models_asked_about_different_pages_cannot_be_compared():
    with pytest.raises(InvalidInput, match="different pages"):
        replace(report(), base=evaluation("base", 1, pages(each=2)))


def test_models_of_one_name_cannot_be_told_apart():
    with pytest.raises(InvalidInput, match="different names"):
        replace(report(), base=evaluation("Tuned", 5, pages()))


def test_thumbnails_are_small_and_of_wrong_pages_only():
    asked = pages(each=30)
    tuned = evaluation("tuned", 40, asked)
    wrong = {prediction.page for prediction in tuned.predictions if not prediction.is_right}
    thumbnails = thumbnails_of(asked, tuned)
    assert len(thumbnails) == MAX_THUMBNAILS
    assert set(thumbnails) <= wrong
    for image in thumbnails.values():
        with Image.open(io.BytesIO(image)) as opened:
            assert opened.format == "JPEG"
            assert opened.width <= 360
            assert opened.height <= 480


def test_a_page_that_is_no_image_is_named():
    asked = [Page(name="form/1.pdf", label="form", png=b"no image")]
    with pytest.raises(InvalidInput, match=r"form/1\.pdf"):
        thumbnails_of(asked, evaluation("tuned", 0, asked))


def guess(page: str, label: str, predicted: str | None, sure: float | None = None) -> Prediction:
    probabilities = {predicted: sure} if sure is not None and predicted else None
    return Prediction(page=page, label=label, predicted=predicted, probabilities=probabilities, seconds=1)


def test_frequent_confusions_come_first_and_the_surest_mistakes_of_each():
    found = [
        guess("a", "form", "memo"),
        guess("b", "memo", "form", 0.6),
        guess("c", "memo", "form", 0.9),
        guess("d", "memo", "memo", 0.9),
        guess("e", "form", None),
    ]
    kinds = [(kind.label, kind.predicted, kind.pages, kind.support) for kind in confusions_of(found)]
    assert kinds == [("memo", "form", 2, 3), ("form", "memo", 1, 2), ("form", None, 1, 2)]
    assert [mistake.page for mistake in mistakes_of(found)] == ["c", "b", "a", "e"]


@pytest.mark.parametrize(
    ("base", "tuned", "base_failed", "tuned_failed", "verdict", "ending"),
    [
        (14, 71, 0, 0, Verdict.BETTER, "the base model 14: use the tuned model."),
        (3, 30, 0, 0, Verdict.BETTER_BUT_POOR, "not good enough to rely on."),
        (
            36,
            41,
            0,
            0,
            Verdict.UNCLEAR,
            "may well be chance, so it is not shown that tuning changed anything.",
        ),
        (
            41,
            36,
            0,
            0,
            Verdict.UNCLEAR,
            "may well be chance, so it is not shown that tuning changed anything.",
        ),
        (40, 40, 0, 0, Verdict.UNCLEAR, "and so does the base model: it is not shown that tuning helped."),
        (60, 10, 0, 0, Verdict.WORSE, "tuning made it worse, so keep the base model."),
        (14, 71, 60, 0, Verdict.UNCLEAR, "calls that failed may be the whole difference, so evaluate again."),
        (0, 70, 80, 0, Verdict.UNCLEAR, "calls that failed may be the whole difference, so evaluate again."),
        (60, 10, 0, 70, Verdict.UNCLEAR, "calls that failed may be the whole difference, so evaluate again."),
        (0, 0, 80, 80, Verdict.UNCLEAR, "calls that failed may be the whole difference, so evaluate again."),
        (14, 71, 2, 0, Verdict.BETTER, "use the tuned model."),
    ],
)
def test_the_conclusion_claims_what_the_figures_bear(
    base: int, tuned: int, base_failed: int, tuned_failed: int, verdict: Verdict, ending: str
):
    def metrics(right: int, failed: int) -> Any:
        found = [guess("p", "form", "form")] * right
        found += [Prediction(page="p", label="form", error="gone", seconds=1)] * failed
        found += [guess("p", "form", "memo")] * (80 - right - failed)
        return metrics_of(found, ["form", "memo"])

    conclusion = conclusion_of(metrics(base, base_failed), metrics(tuned, tuned_failed))
    assert conclusion.verdict is verdict
    assert conclusion.sentence.startswith(f"The tuned model gets {tuned} of 80 held-out pages right, ")
    assert conclusion.sentence.endswith(ending)
    assert len(conclusion.notes) == bool(base_failed) + bool(tuned_failed)


def test_a_summary_has_the_figures_of_the_report(tmp_path: Path):
    write_summary(summary_of(report()), tmp_path / "summary.json")
    summary: Mapping[str, Any] = json.loads((tmp_path / "summary.json").read_bytes())
    assert tuple(summary) == SUMMARY_KEYS
    assert summary["documents"] == 42
    assert summary["labels"] == sorted(LABELS)
    assert (summary["train_records"], summary["validation_records"], summary["test_pages"]) == (90, 9, 30)
    assert (summary["final_training_loss"], summary["final_validation_loss"]) == (0.25, 0.5)
    assert summary["tuned"]["accuracy"] == 0.9
    assert set(summary["base"]) == {
        "accuracy",
        "weighted_f1",
        "weighted_recall",
        "failed",
        "seconds_per_page",
    }
    assert summary["stage_seconds"] == {"Train": 412, "Evaluate": 30}


def test_a_summary_that_lacks_a_key_is_not_written(tmp_path: Path):
    summary = summary_of(report())
    del summary["job_arn"]
    with pytest.raises(InvalidInput, match="lacks job_arn"):
        write_summary(summary, tmp_path / "summary.json")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "summary.json"
    path.write_text("old")

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_summary(summary_of(report()), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "none"),
        (0.084, "0.08 s"),
        (1.25, "1.2 s"),
        (42.4, "42 s"),
        (192, "3 min 12 s"),
        (3725, "1 h 02 min"),
    ],
)
def test_durations_are_said_as_a_reader_says_them(seconds: float | None, said: str):
    assert duration(seconds) == said
