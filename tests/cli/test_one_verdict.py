"""`burnish demo`, `burnish evaluate` and `burnish compare` say the same of the same answers."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from burnish.aws.clients import Clients
from burnish.aws.objects import S3Uri, upload_bytes
from burnish.cli.demo import command
from burnish.cli.demo.plan import Plan
from burnish.cli.evaluation.commands import compare, evaluate
from burnish.cli.evaluation.options import AskingOptions, ReportOptions
from burnish.datasets.documents import Part
from burnish.datasets.manifest import (
    Manifest,
    ManifestDocument,
    ManifestPage,
    PromptFacts,
    SplitFacts,
    read_manifest,
    write_manifest,
)
from burnish.datasets.pages import Rendering
from burnish.engine.catalogue import DEFAULT_MODEL
from burnish.errors import InvalidConfig
from burnish.evaluation import (
    Candidate,
    Evaluation,
    Page,
    Prediction,
    pages_of,
    prompt_digest,
    write_evaluation,
)
from burnish.evaluation.facts import DataFacts, TrainingFacts
from burnish.evaluation.failures import NothingAnswered

#: Pages that both models get right, only base, only tuned, neither: base 50 of 100, tuned 62.
DISCORDANT = (48, 2, 14, 36)
VERDICT = "Use tuned: it gets 62 of 100 pages right, and is better than base."


@pytest.fixture(scope="module")
def data_set(s3, bucket: str) -> str:
    """The place of a data set with 100 pages to test on."""
    folder = S3Uri(bucket, "one-verdict")
    documents = [held_out(s3, folder, number) for number in range(100)]
    manifest = Manifest(
        burnish="0",
        source="papers",
        rendering=Rendering(),
        split=SplitFacts(seed=0, test_share=1, validation_share=0, per_label=None, copies="together"),
        prompt=PromptFacts(labels=["form", "memo"], descriptions={}, system="", task="Which?"),
        files={},
        documents=documents,
        dropped=[],
    )
    return str(write_manifest(s3, folder, manifest))


def held_out(s3, folder: S3Uri, number: int) -> ManifestDocument:
    buffer = io.BytesIO()
    Image.new("L", (40, 50), number).save(buffer, "PNG")
    digest, place = hashlib.sha256(buffer.getvalue()).hexdigest(), folder.child(f"{number}.png")
    upload_bytes(s3, place, buffer.getvalue())
    page = ManifestPage(uri=str(place), digest=digest, width=40, height=50)
    return ManifestDocument(
        name=f"{number:03}.png", digest=digest, label="form", part=Part.TEST, group=digest, pages=[page]
    )


def answers() -> dict[str, list[str]]:
    both, only_base, only_tuned, neither = DISCORDANT
    right = {
        "base": [True] * (both + only_base) + [False] * (only_tuned + neither),
        "tuned": [True] * both + [False] * only_base + [True] * only_tuned + [False] * neither,
    }
    return {name: ["form" if one else "memo" for one in found] for name, found in right.items()}


def predicted(page: Page, said: str, *, fails: bool) -> Prediction:
    if fails:
        return Prediction(page=page.name, label=page.label, seconds=0.1, error="no luck", error_code="Slow")
    return Prediction(page=page.name, label=page.label, predicted=said, answer=said, seconds=0.1)


def demonstrated(clients: Clients, place: str, out: Path, *, silent: str = "") -> command.Result:
    """What the last stages of a demo come to, where one of the models may never have answered."""
    manifest = read_manifest(clients.s3, place)
    pages = pages_of(clients.s3, manifest, Part.TEST)
    candidates = tuple(
        Candidate(
            name=name,
            predictions=tuple(
                predicted(page, said, fails=name == silent) for page, said in zip(pages, found, strict=True)
            ),
        )
        for name, found in answers().items()
    )
    evaluation = Evaluation(
        title="Fine-tuning demo",
        created=datetime.now(UTC),
        dataset=place,
        labels=tuple(manifest.prompt.labels),
        candidates=candidates,
        pages={page.name: page.digest for page in pages},
        prompt=prompt_digest(manifest.classification_prompt()),
        data=DataFacts(documents=100, train_records=0, validation_records=0, split="All are held out."),
        training={"tuned": TrainingFacts(base_model="m", job_arn="arn:job", custom_model_arn="arn:model")},
    )
    return command.Result(evaluation=evaluation, path=write_evaluation(evaluation, out))


def plan(out: Path) -> Plan:
    return Plan(
        documents=None,
        layout=None,
        out=out,
        model=DEFAULT_MODEL,
        source=None,
        keep=False,
        seed=0,
        training_per_label=2,
        held_out_per_label=1,
    )


def files_of_answers(folder: Path) -> dict[str, Path]:
    files = {name: folder / f"{name}.jsonl" for name in answers()}
    for name, found in answers().items():
        lines = [json.dumps({"page": f"{n:03}.png", "answer": said}) for n, said in enumerate(found)]
        files[name].write_text("\n".join(lines))
    return files


@pytest.fixture
def at_the_store(monkeypatch, object_store_clients) -> Clients:
    monkeypatch.setattr("burnish.aws.clients.open_clients", lambda: object_store_clients)
    return object_store_clients


def said_before_the_report(output: str) -> list[str]:
    lines = output.splitlines()
    return lines[: next(number for number, line in enumerate(lines) if line.startswith("Report: "))]


def test_a_demo_and_an_evaluation_conclude_the_same(at_the_store, data_set: str, tmp_path: Path, capsys):
    command._conclude(plan(tmp_path), demonstrated(at_the_store, data_set, tmp_path / "demo"))
    demo_says = said_before_the_report(capsys.readouterr().out)
    given = tuple(f"{name}={path}" for name, path in files_of_answers(tmp_path).items())
    evaluate(data_set, answers=given, report=ReportOptions(out=tmp_path / "evaluation"))
    evaluation_says = said_before_the_report(capsys.readouterr().out)
    basis = "Judged by uncalibrated answers: base and tuned have no validation answers with probabilities."
    assert demo_says[-1] == evaluation_says[-1] == f"{VERDICT} {basis}"
    assert demo_says[-2] == evaluation_says[-2]
    assert demo_says[-2].startswith("tuned against base: +0.120 (+0.0")
    assert demo_says[-2].endswith("p = 0.0042")
    summaries = [json.loads((tmp_path / of / "summary.json").read_bytes()) for of in ("demo", "evaluation")]
    assert summaries[0]["conclusion"] == summaries[1]["conclusion"] == VERDICT
    assert summaries[0]["comparisons"] == summaries[1]["comparisons"]


def test_a_folder_of_a_demo_is_compared_with_one_of_an_evaluation(
    at_the_store, data_set: str, tmp_path: Path, capsys
):
    demonstrated(at_the_store, data_set, tmp_path / "demo")
    mine = files_of_answers(tmp_path)["tuned"]
    evaluate(data_set, answers=(f"mine={mine}",), report=ReportOptions(out=tmp_path / "evaluation"))
    capsys.readouterr()
    compare(str(tmp_path / "demo"), str(tmp_path / "evaluation"), out=tmp_path / "both", as_json=True)
    scores = json.loads(capsys.readouterr().out)
    assert [one["model"] for one in scores["scores"]] == ["base", "tuned", "mine"]
    assert scores["conclusion"].startswith("tuned gets 62 of 100 pages right, and so does mine")
    assert "All are held out." in (tmp_path / "both" / "report.html").read_text()


def test_a_model_that_never_answered_fails_a_demo_and_a_comparison_once_the_report_is_written(
    at_the_store, data_set: str, tmp_path: Path, capsys
):
    result = demonstrated(at_the_store, data_set, tmp_path / "demo", silent="tuned")
    with pytest.raises(NothingAnswered, match="All 100 calls to tuned failed: Slow: no luck"):
        command._conclude(plan(tmp_path), result)
    assert "Report: " in capsys.readouterr().out
    mine = files_of_answers(tmp_path)["base"]
    evaluate(data_set, answers=(f"mine={mine}",), report=ReportOptions(out=tmp_path / "evaluation"))
    with pytest.raises(NothingAnswered, match="All 100 calls to tuned failed"):
        compare(str(tmp_path / "demo"), str(tmp_path / "evaluation"), out=tmp_path / "both")
    assert (tmp_path / "both" / "report.html").is_file()


def test_what_is_asked_about_is_not_calibrated_by():
    with pytest.raises(InvalidConfig, match="calibrates by the validation pages, which are asked about"):
        AskingOptions(part="validation", calibrate=True)
