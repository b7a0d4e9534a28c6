"""`burnish evaluate` and `burnish compare`: which of some models to use, on the same pages of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from burnish.cli.display import Display, notice_if_interrupted, open_display, stage_on
from burnish.cli.evaluation.answers import answers_of, read_pages
from burnish.cli.evaluation.models import (
    Questions,
    asked_models,
    count_what_was_paid,
    endpoints_of,
    jobs_and_remarks,
    recorded_models,
    require_distinct_names,
)
from burnish.cli.evaluation.options import (
    AskingOptions,
    PriceOptions,
    ReportOptions,
    models_by_name,
)
from burnish.cli.evaluation.plans import plan_of, require_affordable, show_plan, told_cost
from burnish.cli.evaluation.scores import require_answers, show_scores
from burnish.cli.options import AsJson, DryRun, named, option
from burnish.cli.output import print_message, print_result, show_json
from burnish.names import ANSWERS_NAME

if TYPE_CHECKING:
    from burnish.evaluation import Candidate, Evaluation, Page, Prediction
    from burnish.evaluation.facts import ReadingTime
    from burnish.evaluation.predictors import ConversePredictor, Predictor
    from burnish.evaluation.prices import ModelPrice
    from burnish.evaluation.recorded import RecordedPredictor
    from burnish.types import FinetuningJobResult

AGAIN = "run the same command again to ask only for what is missing."


def evaluate(
    dataset: Annotated[str, Parameter(help="The data set's folder or manifest, as s3://…")],
    /,
    *models: Annotated[
        str,
        Parameter(
            help="A model by id, or what is deployed by name, id or ARN; or any as LABEL=…, to name it."
        ),
    ],
    answers: Annotated[tuple[str, ...], option("Recorded answers, as name=file.jsonl.")] = (),
    asking: AskingOptions | None = None,
    prices: PriceOptions | None = None,
    report: ReportOptions | None = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Run models on held-out pages with the data set's own prompt, and compare them."""
    from burnish.aws.clients import open_clients
    from burnish.datasets.manifest import read_manifest
    from burnish.evaluation.journal import Journal

    asking, prices, report = asking or AskingOptions(), prices or PriceOptions(), report or ReportOptions()
    chosen, recorded = models_by_name(models), [name for name, _ in named(answers, "--answers")]
    require_distinct_names([*chosen, *recorded])
    priced = prices.prices({**chosen, **{name: name for name in recorded}})
    meters, clients = prices.meters(priced, chosen), open_clients()
    chosen = endpoints_of(clients, chosen)
    questions = Questions(clients, read_manifest(clients.s3, dataset), asking)
    journal = Journal(report.out / ANSWERS_NAME)
    ready = recorded_models(answers, questions.manifest)
    with open_display(quiet=as_json or dry_run) as display:
        on_notice = print_message if as_json or dry_run else display.say
        asked = asked_models(chosen, questions, journal, meters, on_notice)
        jobs, remarks = jobs_and_remarks(asked, ready, questions, report.job)
        count_what_was_paid(meters, chosen, journal)
        plan = plan_of(asked, questions, priced)
        require_affordable(plan, meters)
        if dry_run:
            show_plan(plan, remarks, as_json=as_json)
            return
        if said := told_cost(plan):
            on_notice(said)
        with notice_if_interrupted(f"Every answer that was paid for is kept: {AGAIN}"):
            candidates, reading = _candidates([*asked, *ready], questions, priced, remarks, display)
    made = replace(_evaluation(candidates, questions, report, dataset, jobs), reading=reading)
    _write_and_show(made, report.out, as_json=as_json)
    require_answers(made.scores)


def compare(
    *evaluations: Annotated[
        str,
        Parameter(help="Folders of `burnish evaluate` or `burnish demo`; NAME=FOLDER names its models, too."),
    ],
    out: Annotated[Path, Parameter(help="Folder for the report.")] = Path("burnish-comparison"),
    as_json: AsJson = False,
) -> None:
    """Combine evaluations of the same pages in one report. No model is called, nothing is paid."""
    from burnish.evaluation import joined, read_evaluation
    from burnish.evaluation.model_names import told_apart

    read = [(name, read_evaluation(folder)) for name, folder in map(_named_folder, evaluations)]
    _write_and_show(joined(told_apart(read)), out, as_json=as_json)


def _named_folder(given: str) -> tuple[str, Path]:
    """A folder of ``NAME=FOLDER``, or one that is called by its own name."""
    name, separator, folder = given.partition("=")
    if separator and not Path(given).exists():
        return name, Path(folder)
    return Path(given).resolve().name, Path(given)


def _read(asked: Sequence[ConversePredictor], questions: Questions, display: Display) -> ReadingTime | None:
    """Have the pages read first, where a server does that for its models."""
    from burnish.evaluation.reading_ahead import reading_needed

    pages = [*questions.pages, *questions.validation_pages]
    if not reading_needed(asked, pages):
        return None
    with stage_on(display, "reading pages"):
        return read_pages(questions.clients, asked, pages, display)


def _candidates(
    predictors: Sequence[ConversePredictor | RecordedPredictor],
    questions: Questions,
    prices: Mapping[str, ModelPrice],
    remarks: Mapping[str, tuple[str, ...]],
    display: Display,
) -> tuple[tuple[Candidate, ...], ReadingTime | None]:
    """What each model answers, and how long the pages took to be read for them."""
    from burnish.evaluation.judgement import Candidate
    from burnish.evaluation.predictors import ConversePredictor
    from burnish.evaluation.recorded import RecordedPredictor

    pages, validation = questions.pages, questions.validation_pages
    # In a file one name is one page, which is the one that is asked about.
    elsewhere = [one for one in validation if one.name not in {page.name for page in pages}]
    # Before pages are read and a model is paid: this finds what is wrong with answers that are there already.
    recorded = [one for one in predictors if isinstance(one, RecordedPredictor)]
    of_files = {one.name: one.remarks(pages, elsewhere) for one in recorded}
    asked = [one for one in predictors if isinstance(one, ConversePredictor)]
    reading = _read(asked, questions, display)
    candidates = tuple(
        Candidate(
            name=one.name,
            predictions=_answers(one, pages, display),
            validation=_answers(one, validation, display)
            if isinstance(one, ConversePredictor)
            else tuple(one.predict_answered(elsewhere)),
            price=prices.get(one.name),
            identity=one.identity if isinstance(one, ConversePredictor) else None,
            remarks=(*remarks.get(one.name, ()), *of_files.get(one.name, ())),
        )
        for one in predictors
    )
    return candidates, reading


def _evaluation(
    candidates: tuple[Candidate, ...],
    questions: Questions,
    report: ReportOptions,
    dataset: str,
    jobs: Mapping[str, FinetuningJobResult],
) -> Evaluation:
    from datetime import UTC, datetime

    from burnish.evaluation import Evaluation, with_thumbnails
    from burnish.evaluation.jobs_of_models import training_facts_of
    from burnish.evaluation.questions import prompt_digest

    pages = questions.pages
    made = Evaluation(
        title=report.title,
        created=datetime.now(UTC),
        dataset=dataset,
        labels=tuple(questions.manifest.prompt.labels),
        candidates=candidates,
        pages={page.name: page.digest for page in pages},
        prompt=prompt_digest(questions.manifest.classification_prompt()),
        precision=report.precision,
        training={name: training_facts_of(questions.clients, job) for name, job in jobs.items()},
    )
    return with_thumbnails(made, pages)


def _answers(predictor: Predictor, pages: list[Page], display: Display) -> tuple[Prediction, ...]:
    if not pages:
        return ()
    with stage_on(display, predictor.name):
        return tuple(answers_of(predictor, pages, display))


def _write_and_show(evaluation: Evaluation, out: Path, *, as_json: bool) -> None:
    from burnish.evaluation import write_evaluation

    path = write_evaluation(evaluation, out)
    scores = evaluation.scores
    if as_json:
        show_json(scores)
        return
    show_scores(scores)
    if evaluation.reading:
        print_message(evaluation.reading.sentence)
    print_result(f"Report: {path}")
