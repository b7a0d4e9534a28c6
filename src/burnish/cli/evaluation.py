"""`burnish evaluate` and `burnish compare`: which of some models to use, on the same pages of a data set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from burnish.cli.evaluation_options import (
    AskingOptions,
    PriceOptions,
    ReportOptions,
    models_by_name,
)
from burnish.cli.lines import complain, tell
from burnish.cli.options import AsJson, DryRun, named
from burnish.cli.tables import show_json, show_table

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.cli.display import Display
    from burnish.datasets.manifest import Manifest
    from burnish.evaluation import Page, Prediction
    from burnish.evaluation.journal import Journal
    from burnish.evaluation.predictors import ConversePredictor, Predictor
    from burnish.evaluation.prices import ModelPrice
    from burnish.evaluation.recorded import RecordedPredictor
    from burnish.evaluation.reports.evaluation import Evaluation
    from burnish.evaluation.reports.tuning import TrainingFacts
    from burnish.evaluation.scoring import Candidate, Score, Scores

ANSWERS_NAME = "answers.jsonl"


def evaluate(
    dataset: Annotated[str, Parameter(help="The folder or the manifest of a data set, as s3://…")],
    /,
    *models: Annotated[
        str, Parameter(help="Whatever answers Converse: model ids, deployments, throughputs; or name=id.")
    ],
    answers: Annotated[
        tuple[str, ...],
        Parameter(
            help="Answers that are there already, as name=file.jsonl.", negative="", show_default=False
        ),
    ] = (),
    asking: AskingOptions | None = None,
    prices: PriceOptions | None = None,
    report: ReportOptions | None = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Ask models about held-out pages, with the prompt that the data set was made with, and compare them."""
    from burnish.aws.clients import open_clients
    from burnish.cli.display import open_display
    from burnish.datasets.manifest import read_manifest
    from burnish.errors import InvalidConfig
    from burnish.evaluation.journal import Journal

    asking, prices, report = asking or AskingOptions(), prices or PriceOptions(), report or ReportOptions()
    if not models and not answers:
        raise InvalidConfig("The evaluation", ["no model is named: give at least one after the data set"])
    chosen = models_by_name(models)
    priced = prices.prices({**chosen, **{name: name for name, _ in named(answers, "--answers")}})
    clients = open_clients()
    questions = _Questions(clients, read_manifest(clients.s3, dataset), asking)
    if dry_run:
        _show_plan(questions, chosen, Journal(report.out / ANSWERS_NAME), as_json=as_json)
        return
    with open_display(quiet=as_json) as display:
        asked = _asked(chosen, prices, priced, questions, Journal(report.out / ANSWERS_NAME), display)
        predictors: list[Predictor] = [*asked, *_recorded(answers, questions.manifest)]
        made = _evaluation(predictors, priced, questions, report, dataset, display)
    _write_and_show(made, report.out, as_json=as_json)


def compare(
    *evaluations: Annotated[Path, Parameter(help="Folders that `burnish evaluate` has written.")],
    out: Annotated[Path, Parameter(help="Where the report goes.")] = Path("burnish-comparison"),
    as_json: AsJson = False,
) -> None:
    """Put evaluations of the same pages together in one report. Nothing is asked, and nothing paid."""
    from burnish.evaluation.reports.evaluation import joined, read_evaluation

    _write_and_show(joined([read_evaluation(path) for path in evaluations]), out, as_json=as_json)


@dataclass(frozen=True)
class _Questions:
    """The pages of a data set that models are asked about."""

    clients: Clients
    manifest: Manifest
    asking: AskingOptions

    def pages(self) -> list[Page]:
        from burnish.datasets.documents import Part
        from burnish.evaluation.manifest_pages import pages_of

        return pages_of(self.clients.s3, self.manifest, Part(self.asking.part), most=self.asking.pages)

    def validation_pages(self) -> list[Page]:
        from burnish.datasets.documents import Part
        from burnish.evaluation.manifest_pages import pages_of

        return pages_of(self.clients.s3, self.manifest, Part.VALIDATION) if self.asking.calibrate else []

    def count(self) -> int:
        """How many pages there are to ask about, validation pages included."""
        from burnish.datasets.documents import Part

        held = self.manifest.pages_of(Part.VALIDATION) if self.asking.calibrate else []
        return len(self.manifest.pages_of(Part(self.asking.part))[: self.asking.pages]) + len(held)


def _show_plan(questions: _Questions, models: dict[str, str], journal: Journal, *, as_json: bool) -> None:
    """How many calls would be made. What a page costs is known once one has been answered."""
    pages, samples = questions.count(), questions.asking.samples
    rows = []
    for name, model in models.items():
        kept = len(journal.answers_of(model))
        rows.append({"model": name, "calls": max(pages * samples - kept, 0), "answered already": kept})
    if as_json:
        show_json(rows)
        return
    show_table(("model", "calls", "answered already"), [tuple(row.values()) for row in rows])
    complain("Nothing was asked.")


def _asked(
    models: dict[str, str],
    options: PriceOptions,
    prices: dict[str, ModelPrice],
    questions: _Questions,
    journal: Journal,
    display: Display,
) -> list[ConversePredictor]:
    from burnish.evaluation.predicting import Asking
    from burnish.evaluation.predictors import ConversePredictor

    meters = options.meters(prices, models)
    for name, model in models.items():
        for known in journal.answers_of(model) if name in meters else ():
            meters[name].pay(known.input_tokens or 0, known.output_tokens or 0)
    return [
        ConversePredictor(
            name=name,
            model_id=model,
            runtime=questions.clients.bedrock_runtime,
            prompt=questions.manifest.classification_prompt(),
            journal=journal,
            asking=Asking(concurrency=questions.asking.at_once, meter=meters.get(name)),
            samples=questions.asking.samples,
            on_notice=display.say,
        )
        for name, model in models.items()
    ]


def _recorded(answers: tuple[str, ...], manifest: Manifest) -> list[RecordedPredictor]:
    from burnish.evaluation.manifest_pages import page_names
    from burnish.evaluation.recorded import RecordedPredictor

    known = page_names(manifest)
    return [
        RecordedPredictor(
            name=name,
            path=Path(path),
            labels=manifest.prompt.labels,
            known=known,
            # They stand in the report, and are shown with it.
            on_notice=lambda remark: None,
        )
        for name, path in named(answers, "--answers")
    ]


def _evaluation(
    predictors: list[Predictor],
    prices: dict[str, ModelPrice],
    questions: _Questions,
    report: ReportOptions,
    dataset: str,
    display: Display,
) -> Evaluation:
    from datetime import UTC, datetime

    from burnish.evaluation.recorded import RecordedPredictor
    from burnish.evaluation.reports.evaluation import Evaluation, with_thumbnails

    pages, validation = questions.pages(), questions.validation_pages()
    # Before any model is paid: this finds what is wrong with answers that are there already.
    remarks = {one.name: one.remarks(pages) for one in predictors if isinstance(one, RecordedPredictor)}
    found = [_candidate(one, pages, validation, prices.get(one.name), display) for one in predictors]
    candidates = tuple(replace(one, remarks=remarks.get(one.name, ())) for one in found)
    made = Evaluation(
        title=report.title,
        created=datetime.now(UTC),
        dataset=dataset,
        labels=tuple(questions.manifest.prompt.labels),
        candidates=candidates,
        precision=report.precision,
        training=_training(questions.clients, report.job),
    )
    return with_thumbnails(made, pages)


def _candidate(
    predictor: Predictor,
    pages: list[Page],
    validation: list[Page],
    price: ModelPrice | None,
    display: Display,
) -> Candidate:
    from burnish.evaluation.recorded import RecordedPredictor
    from burnish.evaluation.scoring import Candidate

    found = _predicted(predictor, pages, display)
    known = [] if isinstance(predictor, RecordedPredictor) else _predicted(predictor, validation, display)
    return Candidate(name=predictor.name, predictions=tuple(found), validation=tuple(known), price=price)


def _predicted(predictor: Predictor, pages: list[Page], display: Display) -> list[Prediction]:
    if not pages:
        return []
    display.begin(predictor.name)
    done = 0

    def on_prediction(_: Prediction) -> None:
        nonlocal done
        done += 1
        display.show("pages", done=done, total=len(pages))

    found = predictor.predict(pages, on_prediction)
    display.show(f"{sum(one.is_right for one in found)} of {len(found)} pages right")
    display.end(well=True)
    return found


def _training(clients: Clients, jobs: tuple[str, ...]) -> dict[str, TrainingFacts]:
    """How models were tuned, by their names."""
    from burnish.evaluation.reports.tuning import LossPoint, TrainingFacts
    from burnish.service import ModelFinetuningService

    service, found = ModelFinetuningService(clients=clients), {}
    for name, arn in named(jobs, "--job"):
        job = service.get_job_status(arn)
        losses = service.get_training_metrics(arn), service.get_validation_metrics(arn)
        training, validation = (tuple(LossPoint(step=it.step, loss=it.loss) for it in one) for one in losses)
        found[name] = TrainingFacts(
            base_model=job.base_model_arn or "",
            job_arn=job.job_arn,
            custom_model_arn=job.model_id or "",
            hyperparameters=job.hyperparameters,
            training_losses=training,
            validation_losses=validation,
        )
    return found


def _write_and_show(evaluation: Evaluation, out: Path, *, as_json: bool) -> None:
    from burnish.evaluation.reports.evaluation_files import write_evaluation

    path = write_evaluation(evaluation, out)
    scores = evaluation.scores
    if as_json:
        show_json(scores)
        return
    _show(scores)
    tell(f"Report: {path}")


def _show(scores: Scores) -> None:
    taken = f"taken at {scores.precision:.0%}"
    columns = ("model", "right", "accuracy", "95 %", "macro F1", "failed", "p50 s", taken, "ECE", "$/1,000")
    show_table(columns, [_row(one) for one in scores.scores])
    for pair in scores.comparisons:
        low, high = pair.interval
        tell(
            f"{pair.second} against {pair.first}: {pair.difference:+.3f} ({low:+.3f} to {high:+.3f}), "
            f"p = {pair.adjusted_p_value:.2g}"
        )
    for one in scores.scores:
        for remark in one.remarks:
            complain(remark)
        if failed := one.metrics.failed - one.unanswered:
            complain(f"{failed} calls to {one.model} failed: run the same again to repeat them")
    tell(scores.conclusion)


def _row(one: Score) -> tuple[object, ...]:
    metrics, sure = one.metrics, one.confidence
    low, high = metrics.accuracy_interval
    price = one.usd_per_1000_pages
    return (
        one.model,
        f"{metrics.correct}/{metrics.pages}",
        f"{metrics.accuracy:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{metrics.macro.f1:.3f}",
        metrics.failed,
        f"{one.latency.p50:.2f}" if one.latency else "-",
        f"{sure.review.coverage:.0%}" if sure and sure.review else "-",
        f"{(sure.mended or sure.as_said).error:.3f}" if sure else "-",
        f"{price:.3g}" if price is not None else "-",
    )
