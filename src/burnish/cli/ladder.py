"""`burnish ladder`: which model a user's pages and minutes can buy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from burnish.cli.dataset_options import RecordOptions
from burnish.cli.display import Display, notice_if_interrupted, open_display, stage_on
from burnish.cli.options import AsJson, named, option
from burnish.cli.output import print_message, print_result, show_json, show_table
from burnish.cli.source_options import Source, SourceOptions, documents_of, show_notes
from burnish.engine.catalogue import PAGE_FEATURES
from burnish.errors import InvalidConfig, JobFailed

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.datasets.documents import Documents
    from burnish.ladder.building import Endpoint, LadderPlan
    from burnish.ladder.result import LadderResult
    from burnish.ladder.rungs import Rung
    from burnish.progress import ShowStage

GOES_ON = "Folds that are finished are kept: run the same command again to go on with the others."


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RungOptions:
    """Which rungs there are, and how much may be spent on them."""

    rungs: Annotated[
        str | None,
        Parameter(help="Only these, separated by commas: majority, features, encoder, language-model, pool."),
    ] = None
    model: Annotated[tuple[str, ...], option("A model to ask as it is, as NAME=ID; repeatable.")] = ()
    tune: Annotated[
        tuple[str, ...], option("A base model to tune in every fold, as NAME=ID; repeatable.")
    ] = ()
    weights: Annotated[
        str | None, Parameter(help="The language model: a Hugging Face name or a folder of weights.")
    ] = None
    folds: Annotated[int, Parameter(help="Number of folds.", validator=validators.Number(gte=2))] = 5
    minutes: Annotated[
        float,
        Parameter(
            help="Begin nothing more after so many minutes; every rung gets one fold at least.",
            validator=validators.Number(gt=0),
        ),
    ] = 10
    seed: Annotated[int, Parameter(help="Random seed of the folds.")] = 0
    to: Annotated[
        str | None, Parameter(help="Where data sets for --tune go on AWS, as s3://bucket/prefix.")
    ] = None

    @property
    def names(self) -> list[str]:
        """The names given to --rungs."""
        return [name.strip() for name in (self.rungs or "").split(",") if name.strip()]

    @property
    def added(self) -> list[Rung]:
        """The rungs that the user adds."""
        from burnish.ladder.rungs import prompted_rung, tuned_rung

        return [
            *(prompted_rung(name, model) for name, model in named(self.model, "--model")),
            *(tuned_rung(name, model) for name, model in named(self.tune, "--tune")),
        ]

    @property
    def served(self) -> list[str]:
        """The models of a server that is started for the ladder: none whose weights nobody asks for."""
        from burnish.ladder.rungs import LANGUAGE_MODEL, POOL

        if self.names and not {LANGUAGE_MODEL, POOL} & set(self.names):
            return [PAGE_FEATURES.source]
        return [self.weights] if self.weights else []


def ladder(
    source: Source,
    /,
    *,
    out: Annotated[Path, Parameter(help="Folder for the report and for results to go on from.")] = Path(
        "burnish-ladder"
    ),
    rungs: RungOptions | None = None,
    reading: SourceOptions | None = None,
    record: RecordOptions | None = None,
    as_json: AsJson = False,
) -> None:
    """Find out which model your documents and minutes can buy, measured on the same folds.

    The rungs are the commonest label, page features, a sentence encoder and a language model of your own
    server, and the models that you add. Without a server, one is started for as long as it takes.
    """
    rungs, record = rungs or RungOptions(), record or RecordOptions()
    if record.task == "extraction":
        from burnish.ladder.folded_documents import NOT_FOR_FIELDS

        raise InvalidConfig("The ladder", [NOT_FOR_FIELDS])
    added = rungs.added
    elsewhere = _elsewhere(rungs, added)
    found, _ = documents_of(source, reading or SourceOptions())
    if not as_json:
        show_notes(found)
    with (
        notice_if_interrupted(GOES_ON),
        open_display(quiet=as_json) as display,
        _home(rungs, out, display) as home,
    ):
        plan = _plan(rungs, record, found, home.clients, added, out)
        result = _built(found, plan, home, elsewhere, display)
    _show_json(result) if as_json else _show(result)
    if result.ladder.advice is None:
        raise JobFailed(f"No rung was finished. {'. '.join(result.ladder.remarks())}")


@contextmanager
def _home(rungs: RungOptions, out: Path, display: Display) -> Iterator[Endpoint]:
    """The server at the endpoint of the environment, or without any, one of the ladder's own."""
    from burnish.aws.clients import open_clients
    from burnish.ladder.building import Endpoint
    from burnish.local_server.child_server import child_server
    from burnish.local_server.local_server import local_clients

    clients = open_clients()
    if not clients.leads_to_aws:
        yield Endpoint(clients=clients)
        return
    with ExitStack() as ending:
        with stage_on(display, "server"):
            display.show("preparing weights, starting")
            out.mkdir(parents=True, exist_ok=True)
            started = child_server(out / "server", log=out / "server.log", models=rungs.served)
            server = ending.enter_context(started).once_it_answers()
            display.show(f"its own, at {server.url}")
        yield Endpoint(clients=local_clients(out / "server", server))


def _elsewhere(rungs: RungOptions, added: Sequence[Rung]) -> Endpoint | None:
    """AWS, where the environment leads there and a model is added that only AWS has.

    Raises `InvalidConfig` where one is to be tuned there and it is not said where its data set goes, and for
    credentials or a region that are missing as any call does.
    """
    from burnish.aws.clients import open_clients
    from burnish.aws.objects import S3Uri
    from burnish.datasets.prepared import require_place
    from burnish.ladder.building import Endpoint

    clients = open_clients()
    away = [one for one in added if not one.is_local]
    if not away or not clients.leads_to_aws:
        return None
    # Now: that there is no region, or no credentials, must not be said only when the other rungs are done.
    clients.account_id  # noqa: B018  asked for what it raises
    if rungs.to is None:
        if tuned := [one.name for one in away if one.is_tuned]:
            raise InvalidConfig("The ladder", [f"{' and '.join(tuned)} is tuned on AWS: say where with --to"])
        return Endpoint(clients=clients)
    return Endpoint(clients=clients, folder=require_place(S3Uri.parse(rungs.to)))


def _plan(
    options: RungOptions,
    record: RecordOptions,
    found: Documents,
    clients: Clients,
    added: Sequence[Rung],
    out: Path,
) -> LadderPlan:
    from burnish.ladder.building import LadderPlan
    from burnish.ladder.rungs import chosen_rungs, rungs_offered

    return LadderPlan(
        rungs=chosen_rungs(rungs_offered(clients), options.names, added),
        out=out,
        folds=options.folds,
        minutes=options.minutes,
        seed=options.seed,
        rendering=record.rendering(),
        descriptions=record.meanings(found),
    )


def _built(
    found: Documents, plan: LadderPlan, home: Endpoint, elsewhere: Endpoint | None, display: Display
) -> LadderResult:
    from burnish.ladder.building import build_ladder

    @contextmanager
    def stage(name: str) -> Iterator[ShowStage]:
        with stage_on(display, name):
            yield display.show

    return build_ladder(found, plan, home, stage=stage, elsewhere=elsewhere)


def _show_json(result: LadderResult) -> None:
    from burnish.ladder.report import data_of

    show_json({**data_of(result.ladder), "report": str(result.report)})


def _show(result: LadderResult) -> None:
    from burnish.ladder.result import COLUMNS

    show_table(COLUMNS, result.ladder.rows(), compared=True)
    for remark in result.ladder.remarks():
        print_message(f"{remark}.")
    print_result(result.advice)
    print_result(f"Report: {result.report}")
