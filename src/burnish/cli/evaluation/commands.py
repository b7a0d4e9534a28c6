"""`burnish evaluate` and `burnish compare`: which of some models to use, on the same pages of a data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from burnish.cli.display import Display, notice_if_interrupted, open_display, stage_on
from burnish.cli.evaluation.answers import answers_of, read_pages
from burnish.cli.evaluation.models import (
    endpoints_of,
    recorded_models,
    require_distinct_names,
)
from burnish.cli.evaluation.options import (
    AskingOptions,
    PriceOptions,
    ReportOptions,
    models_by_name,
)
from burnish.cli.evaluation.plans import affordable_plan, show_plan, told_cost
from burnish.cli.evaluation.scores import require_answers, show_outcome
from burnish.cli.options import AsJson, DryRun, named, option
from burnish.cli.output import print_message, print_result, show_json
from burnish.names import ANSWERS_NAME

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.evaluation import Evaluation, Page, Prediction
    from burnish.evaluation.comparing import ComparedModels
    from burnish.evaluation.facts import ReadingTime
    from burnish.evaluation.predictors import ConversePredictor, Predictor

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
    asking, prices, report = asking or AskingOptions(), prices or PriceOptions(), report or ReportOptions()
    with open_display(quiet=as_json or dry_run) as display:
        on_notice = print_message if as_json or dry_run else display.say
        with stage_on(display, "looking up models"):
            compared = _compared(dataset, models_by_name(models), answers, asking, prices, report, on_notice)
            remarks = compared.remarks  # raises for what cannot be compared, before anything is asked
            plan = affordable_plan(compared)
        if dry_run:
            show_plan(plan, remarks, as_json=as_json)
            return
        if said := told_cost(plan):
            on_notice(said)
        with notice_if_interrupted(f"Every answer that was paid for is kept: {AGAIN}"):
            made = compared.evaluated(
                title=report.title,
                dataset=dataset,
                read=partial(_read, display, compared.clients),
                ask=partial(_ask, display),
                precision=report.precision,
            )
        path = _written(made, report.out, display)
    _show(made, path, as_json=as_json)
    require_answers(made.outcome)


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

    with open_display(quiet=as_json) as display:
        with stage_on(display, "evaluations"):
            read = [(name, read_evaluation(folder)) for name, folder in map(_named_folder, evaluations)]
            made = joined(told_apart(read))
        path = _written(made, out, display)
    _show(made, path, as_json=as_json)
    require_answers(made.outcome)


def _named_folder(given: str) -> tuple[str, Path]:
    """A folder of ``NAME=FOLDER``, or one that is called by its own name."""
    name, separator, folder = given.partition("=")
    if separator and not Path(given).exists():
        return name, Path(folder)
    return Path(given).resolve().name, Path(given)


def _compared(
    dataset: str,
    models: Mapping[str, str],
    answers: tuple[str, ...],
    asking: AskingOptions,
    prices: PriceOptions,
    report: ReportOptions,
    on_notice: Callable[[str], None],
) -> ComparedModels:
    """What the options say is to be compared."""
    from burnish.aws.clients import open_clients
    from burnish.datasets.manifest import read_manifest
    from burnish.evaluation import Journal
    from burnish.evaluation.comparing import ComparedModels

    recorded = [name for name, _ in named(answers, "--answers")]
    require_distinct_names([*models, *recorded])
    priced = prices.prices({**models, **{name: name for name in recorded}})
    meters, clients = prices.meters(priced, models), open_clients()
    endpoints = endpoints_of(clients, models)
    manifest = read_manifest(clients.s3, dataset)
    return ComparedModels(
        clients=clients,
        chosen=asking.chosen_of(manifest),
        journal=Journal(report.out / ANSWERS_NAME),
        models=endpoints,
        recorded=recorded_models(answers, manifest),
        jobs_named=named(report.job, "--job"),
        prices=priced,
        meters=meters,
        samples=asking.samples,
        concurrency=asking.concurrency,
        allow_seen=asking.allow_seen_pages,
        on_notice=on_notice,
    )


def _read(
    display: Display, clients: Clients, asked: Sequence[ConversePredictor], pages: Sequence[Page]
) -> ReadingTime | None:
    with stage_on(display, "reading pages"):
        return read_pages(display, clients, asked, pages)


def _ask(display: Display, predictor: Predictor, pages: Sequence[Page]) -> list[Prediction]:
    with stage_on(display, predictor.name):
        return answers_of(display, predictor, pages)


def _written(evaluation: Evaluation, out: Path, display: Display) -> Path:
    """Write the report, as a stage of its own: drawing it takes seconds."""
    from burnish.evaluation import write_evaluation

    with stage_on(display, "report"):
        return write_evaluation(evaluation, out)


def _show(evaluation: Evaluation, path: Path, *, as_json: bool) -> None:
    if as_json:
        show_json(evaluation.outcome)
        return
    show_outcome(evaluation)
    if evaluation.reading:
        print_message(evaluation.reading.sentence)
    print_result(f"Report: {path}")
