"""The whole of a ladder: documents into folds, rungs climbed, the report written, nothing left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from burnish.aws.clients import Clients
from burnish.aws.objects import S3Uri
from burnish.datasets.documents import Documents
from burnish.datasets.pages import DEFAULT_RENDERING, Rendering
from burnish.errors import InvalidConfig
from burnish.evaluation.journal import Journal
from burnish.ladder.climbing import Climb, PlacedRung, Stage, climb
from burnish.ladder.folded_documents import FoldedDocuments, folded, without_test_documents
from burnish.ladder.report import write_ladder
from burnish.ladder.result import LadderResult, ladder_of
from burnish.ladder.rungs import Rung
from burnish.ladder.runs import KeptRuns
from burnish.ladder.workplaces import workplace
from burnish.names import ANSWERS_NAME
from burnish.records import classification_prompt

RUNS_FOLDER = "runs"
DEFAULT_FOLDS, DEFAULT_MINUTES = 5, 10.0
#: The bucket of data sets on a server of one's own.
OWN_FOLDER = S3Uri("burnish-ladder", "dataset")


@dataclass(frozen=True, kw_only=True)
class LadderPlan:
    """Which rungs are climbed on how many folds, and where the results go."""

    rungs: Sequence[Rung]
    out: Path
    folds: int = DEFAULT_FOLDS
    #: Nothing more is begun after so many; every rung is run in one fold at least.
    minutes: float = DEFAULT_MINUTES
    seed: int = 0
    rendering: Rendering = DEFAULT_RENDERING
    #: What labels mean; they replace what the source says.
    descriptions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = []
        if not self.rungs:
            problems.append("there is no rung: name at least one")
        if self.folds < 2:
            problems.append(f"folds is {self.folds}: it must be at least 2")
        if self.minutes <= 0:
            problems.append(f"minutes is {self.minutes:g}: it must be more than 0")
        if problems:
            raise InvalidConfig("The ladder", problems)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Clients, and the folder in their S3 where data sets go."""

    clients: Clients
    folder: S3Uri = OWN_FOLDER


def build_ladder(
    found: Documents, plan: LadderPlan, home: Endpoint, *, stage: Stage, elsewhere: Endpoint | None = None
) -> LadderResult:
    """Every rung of a plan on the same folds of documents, and a report in the plan's folder.

    Rungs whose models no server of one's own has are asked ``elsewhere``, where that is given. Finished runs
    are kept in the plan's folder, and used again. Raises `InvalidDocuments` for too few documents.
    """
    documents = without_test_documents(found)
    with ExitStack() as places:
        local = _folded(documents, plan, places, home, stage)
        away = [one for one in plan.rungs if elsewhere and one.model and not one.is_local]
        tuned_away = any(one.is_tuned for one in away)
        remote = _folded(documents, plan, places, elsewhere, stage) if elsewhere and tuned_away else local
        placed = [
            PlacedRung(
                rung=one,
                data=remote if one in away and one.is_tuned else local,
                clients=elsewhere.clients if elsewhere and one in away else home.clients,
            )
            for one in plan.rungs
        ]
        climbed = climb(
            Climb(
                rungs=placed,
                kept=KeptRuns(plan.out / RUNS_FOLDER),
                journal=Journal(plan.out / ANSWERS_NAME),
                minutes=plan.minutes,
                stage=stage,
            )
        )
    ladder = ladder_of(
        climbed,
        plan.rungs,
        source=documents.origin,
        labels=documents.labels,
        documents=len(local.indexed.readable),
        folds=len(local.folds),
    )
    with stage("report") as show:
        report = write_ladder(ladder, plan.out)
        show(str(report))
    return LadderResult(ladder=ladder, report=report)


def _folded(
    documents: Documents, plan: LadderPlan, places: ExitStack, endpoint: Endpoint, stage: Stage
) -> FoldedDocuments:
    """The documents in folds at an endpoint, at which nothing is left when ``places`` are."""
    place = places.enter_context(workplace(endpoint.clients, endpoint.folder))
    prompt = classification_prompt(documents.labels, {**documents.descriptions, **plan.descriptions})
    with stage("documents") as show:
        data = folded(
            documents,
            place,
            count=plan.folds,
            prompt=prompt,
            rendering=plan.rendering,
            seed=plan.seed,
            on_document=lambda done, total: show("rendered and uploaded", done=done, total=total),
        )
        show(f"{len(data.indexed.readable)} documents of {len(data.labels)} types in {plan.folds} folds")
    return data
