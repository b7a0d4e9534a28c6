"""Climbing the ladder: every rung on the folds that there is time for, the cheapest first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count, product

from burnish.aws.clients import Clients
from burnish.datasets.documents import Part
from burnish.datasets.folds import Fold, documents_by_label
from burnish.datasets.prepared import PreparedDataset
from burnish.errors import BurnishError
from burnish.evaluation.facts import ReadingTime
from burnish.evaluation.identity import identity_of
from burnish.evaluation.journal import Journal
from burnish.evaluation.predicting import Page, Prediction
from burnish.evaluation.predictors import ConversePredictor
from burnish.evaluation.reading_ahead import read_ahead
from burnish.ladder.folded_documents import FoldedDocuments
from burnish.ladder.rungs import FEATURES, Rung
from burnish.ladder.runs import FoldRun, KeptRuns, run_key
from burnish.ladder.tuning import majority_answers, predictor_of, tuned
from burnish.progress import ShowStage
from burnish.types import FinetuningJobResult

#: The shares of a fold's training pages at which page features are trained as well, the most telling first.
CURVE_SHARES = (0.5, 0.25, 0.75)
#: The learning curve begins nothing more after this share of the minutes: dearer rungs need the others.
CURVE_BUDGET = 0.5


CURVE = "learning curve"
#: Of fewer documents of a label, nothing can be said of how more of them would help.
FEWEST_PER_LABEL = 2

#: Opens a stage of this name, for as long as its block runs.
Stage = Callable[[str], AbstractContextManager[ShowStage]]


@dataclass(frozen=True, kw_only=True)
class PlacedRung:
    """A rung, the documents in folds where its jobs find them, and the clients that reach its model."""

    rung: Rung
    data: FoldedDocuments
    clients: Clients


@dataclass(frozen=True, kw_only=True)
class Climb:
    """One climb: its rungs, and where finished runs are kept."""

    rungs: Sequence[PlacedRung]
    kept: KeptRuns
    journal: Journal
    minutes: float
    stage: Stage
    began: float = field(default_factory=time.monotonic)

    def has_time_for(self, seconds: float, *, share: float = 1.0) -> bool:
        """Whether what takes so long ends within the minutes, or within a share of them."""
        return time.monotonic() - self.began + seconds <= 60 * self.minutes * share


@dataclass
class Climbed:
    """What has come of a climb so far."""

    runs: list[FoldRun] = field(default_factory=list)
    #: Why a rung was given up, by its name.
    failures: dict[str, str] = field(default_factory=dict)
    reading: ReadingTime | None = None


def climb(climb: Climb) -> Climbed:
    """The runs of every rung. A rung that fails is given up, and the others go on."""
    climbed = Climbed()
    for placed in climb.rungs:
        name = placed.rung.name
        with climb.stage(name) as show:
            try:
                _climb_rung(climb, placed, climbed, show)
            except BurnishError as error:
                climbed.failures[name] = error.message
                show("given up")
        if placed.rung == FEATURES and name not in climbed.failures:
            _climb_curve(climb, placed, climbed)
    return climbed


def _climb_rung(climb: Climb, placed: PlacedRung, climbed: Climbed, show: ShowStage) -> None:
    """Run a rung in one fold, and in the others while there is time for one more as long as the longest."""
    made: list[FoldRun] = []
    longest = 0.0
    for fold in placed.data.folds:
        if made and placed.rung.model and not climb.has_time_for(longest):
            break
        began = time.monotonic()
        made.append(_run(climb, placed, fold, 1.0, climbed, show))
        climbed.runs.append(made[-1])
        longest = max(longest, time.monotonic() - began)
    show(_outcome(made, len(placed.data.folds)))


def _climb_curve(climb: Climb, placed: PlacedRung, climbed: Climbed) -> None:
    with climb.stage(CURVE) as show:
        try:
            _measure_curve(climb, placed, climbed, show)
        except BurnishError as error:
            climbed.failures[CURVE] = error.message
            show("given up")


def _measure_curve(climb: Climb, placed: PlacedRung, climbed: Climbed, show: ShowStage) -> None:
    """Train page features on fewer pages, share by share, each in all folds, while there is time."""
    longest = 0.0
    shares = [share for share in CURVE_SHARES if _is_enough(share, placed.data.folds)]
    planned = list(product(shares, placed.data.folds))
    for done, (share, fold) in enumerate(planned):
        if not climb.has_time_for(longest, share=CURVE_BUDGET):
            break
        show(f"{share:.0%} of the training pages", done=done, total=len(planned))
        began = time.monotonic()
        climbed.runs.append(_run(climb, placed, fold, share, climbed, _show_nothing))
        longest = max(longest, time.monotonic() - began)
    measured = sorted({one.share for one in climbed.runs if one.rung == FEATURES.name})
    told = ", ".join(f"{share:.0%}" for share in measured)
    why_not = "no time for it" if planned else "too few documents for it"
    show(f"at {told} of the training pages" if len(measured) > 1 else why_not)


def _is_enough(share: float, folds: Sequence[Fold]) -> bool:
    """Whether a share of the training documents of each fold still has a few of every label."""
    splits = (fold.split(share=share) for fold in folds)
    return all(min(documents_by_label(one.train).values()) >= FEWEST_PER_LABEL for one in splits)


def _run(
    climb: Climb, placed: PlacedRung, fold: Fold, share: float, climbed: Climbed, show: ShowStage
) -> FoldRun:
    """A run that was kept, or else a new one."""
    rung, data = placed.rung, placed.data
    dataset = data.dataset(fold, rung, share=share)
    identity = identity_of(placed.clients, rung.model) if rung.model else None
    key = run_key(rung, dataset, identity, fold=fold.number, share=share)
    if found := climb.kept.find(key):
        return found
    pages = data.held_out_pages(dataset)
    if climbed.reading is None and rung.is_local:
        climbed.reading = _read_all(climb, placed, show)
    made = _answered(climb, placed, dataset, pages, _within(show, fold, len(data.folds)))
    run = FoldRun(
        rung=rung.name,
        fold=fold.number,
        share=share,
        training_pages=_training_pages(dataset) if rung.is_tuned else 0,
        training_seconds=made.seconds,
        predictions=tuple(made.predictions),
    )
    climb.kept.keep(key, run)
    return run


@dataclass(frozen=True, kw_only=True)
class _Answered:
    predictions: Sequence[Prediction]
    seconds: float | None = None


def _answered(
    climb: Climb, placed: PlacedRung, dataset: PreparedDataset, pages: Sequence[Page], show: ShowStage
) -> _Answered:
    """The answers of a rung for pages, and how long its training took."""
    rung = placed.rung
    if rung.model is None:
        return _Answered(predictions=majority_answers(dataset, pages))
    if not rung.is_tuned:
        return _Answered(predictions=_asked(climb, placed, rung.model, pages, show))
    show("training")
    with tuned(rung, dataset, placed.data.place, on_poll=lambda job: _show_job(job, show)) as model:
        answers = _asked(climb, placed, model.model_id, pages, show)
    return _Answered(predictions=answers, seconds=model.seconds)


def _asked(
    climb: Climb, placed: PlacedRung, model_id: str, pages: Sequence[Page], show: ShowStage
) -> list[Prediction]:
    predictor = _predictor(climb, placed, model_id)
    return predictor.predict(pages, _counter(show, "pages asked about", len(pages)))


def _read_all(climb: Climb, placed: PlacedRung, show: ShowStage) -> ReadingTime | None:
    """Have the server read every page before the first training, whose time is then its own."""
    assert placed.rung.model  # noqa: S101 - only a model reads pages
    pages = list(_all_pages(placed.data, placed.rung))
    predictor = _predictor(climb, placed, placed.rung.model)
    on_page = _counter(show, "pages read", len(pages))
    return read_ahead(placed.clients.bedrock_runtime, [predictor], pages, on_page=on_page)


def _predictor(climb: Climb, placed: PlacedRung, model_id: str) -> ConversePredictor:
    return predictor_of(
        placed.rung, model_id, placed.clients, prompt=placed.data.prompt, journal=climb.journal
    )


def _counter(show: ShowStage, detail: str, total: int) -> Callable[[object], None]:
    """A function to call for each of a ``total`` of things that are done."""
    numbers = count(1)

    def show_next(_: object) -> None:
        show(detail, done=min(next(numbers), total), total=total)

    return show_next


def _all_pages(data: FoldedDocuments, rung: Rung) -> Iterator[Page]:
    for fold in data.folds:
        yield from data.held_out_pages(data.dataset(fold, rung))


def _within(show: ShowStage, fold: Fold, folds: int) -> ShowStage:
    """Shows what happens in a fold, and how many folds are done."""

    def show_there(detail: str, *, done: int = 0, total: int = 0) -> None:
        counted = f" {done} of {total}" if total else ""
        show(f"folds, {detail}{counted}", done=fold.number - 1, total=folds)

    return show_there


def _show_nothing(detail: str, *, done: int = 0, total: int = 0) -> None:
    """Show nothing: who shows something has a line of its own for it."""


def _show_job(job: FinetuningJobResult, show: ShowStage) -> None:
    if job.phase and job.progress:
        show(job.phase.lower(), done=job.progress.done, total=job.progress.total)


def _training_pages(dataset: PreparedDataset) -> int:
    return sum(len(dataset.manifest.pages_of(part)) for part in (Part.TRAIN, Part.VALIDATION))


def _outcome(runs: Sequence[FoldRun], folds: int) -> str:
    answers = [one for run in runs for one in run.predictions]
    right = sum(one.is_right for one in answers)
    part = "" if len(runs) == folds else f", {len(runs)} of {folds} folds"
    return f"{right} of {len(answers)} pages right, {right / len(answers):.0%}{part}"
