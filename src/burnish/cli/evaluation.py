"""`burnish evaluate`: models on the same pages of a data set, and which of them to use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from burnish.cli.datasets import AS_JSON
from burnish.cli.lines import complain, tell
from burnish.cli.tables import show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from burnish.aws.clients import Clients
    from burnish.cli.display import Display
    from burnish.datasets.documents import Part
    from burnish.datasets.manifest import Manifest
    from burnish.evaluation import Page, Prediction
    from burnish.evaluation.journal import Journal
    from burnish.evaluation.predictors import Predictor
    from burnish.evaluation.scoring import Score, Scores

ANSWERS_NAME, SCORES_NAME = "answers.jsonl", "evaluation.json"


def evaluate(  # the options of a command
    dataset: Annotated[str, Parameter(help="The folder or the manifest of a data set, as s3://…")],
    /,
    *models: Annotated[
        str, Parameter(help="Model ids, deployments, throughputs: whatever answers Converse.")
    ],
    part: Annotated[Literal["test", "validation"], Parameter(help="Which pages to ask about.")] = "test",
    out: Annotated[
        Path, Parameter(help="Where answers and scores go; what is there is not asked again.")
    ] = Path("burnish-evaluation"),
    calibrate: Annotated[
        bool, Parameter(help="Ask about the validation pages too, to mend confidence by them.", negative="")
    ] = False,
    pages: Annotated[
        int | None, Parameter(help="Ask about so many pages at most.", validator=validators.Number(gte=1))
    ] = None,
    answers: Annotated[
        tuple[str, ...], Parameter(help="Answers that are there already, as name=file.jsonl.", negative="")
    ] = (),
    at_once: Annotated[
        int, Parameter(help="Calls at a time at most.", validator=validators.Number(gte=1))
    ] = 8,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Ask models about held-out pages, with the prompt that the data set was made with, and compare them."""
    from burnish.aws.clients import open_clients
    from burnish.cli.display import open_display
    from burnish.datasets.documents import Part
    from burnish.datasets.manifest import read_manifest
    from burnish.errors import InvalidConfig
    from burnish.evaluation.journal import Journal
    from burnish.evaluation.scoring import scores_of

    if not models and not answers:
        raise InvalidConfig("The evaluation", ["no model is named: give at least one after the data set"])
    clients = open_clients()
    manifest = read_manifest(clients.s3, dataset)
    journal = Journal(out / ANSWERS_NAME)
    with open_display(quiet=as_json) as display:
        asked, recorded = _predictors(models, answers, clients, manifest, journal, at_once, display)
        chosen = _pages_of(clients, manifest, Part(part), pages)
        found = {one.name: _predicted(one, chosen, display) for one in (*asked, *recorded)}
        validation = {}
        if calibrate:
            chosen = _pages_of(clients, manifest, Part.VALIDATION, None)
            validation = {one.name: _predicted(one, chosen, display) for one in asked}
    scores = scores_of(found, manifest.prompt.labels, validation=validation)
    _save(scores, out / SCORES_NAME)
    _show(scores, as_json=as_json)


def _pages_of(clients: Clients, manifest: Manifest, part: Part, most: int | None) -> list[Page]:
    from burnish.aws.objects import S3Uri, read_bytes
    from burnish.datasets.fanning import in_order
    from burnish.evaluation import Page

    chosen = manifest.pages_of(part)[:most]
    bodies = in_order(lambda one: read_bytes(clients.s3, S3Uri.parse(one[1].uri or "")), chosen, workers=8)
    return [
        Page(name=_name_of(document.name, document.pages.index(page)), label=document.label, png=png)
        for (document, page), png in zip(chosen, bodies, strict=True)
    ]


def _name_of(document: str, place: int) -> str:
    return document if place == 0 else f"{document}, page {place + 1}"


def _predictors(
    models: Sequence[str],
    answers: Sequence[str],
    clients: Clients,
    manifest: Manifest,
    journal: Journal,
    at_once: int,
    display: Display,
) -> tuple[list[Predictor], list[Predictor]]:
    """Whoever is to answer: models that are asked, and files of answers given as ``name=file``."""
    from functools import partial

    from burnish.errors import InvalidConfig
    from burnish.evaluation.predictors import ConversePredictor, RecordedPredictor

    def asked(model: str) -> Predictor:
        words = f"{model} takes no schema for its answers: it is asked in words, as the prompt has it"
        return ConversePredictor(
            name=model,
            runtime=clients.bedrock_runtime,
            prompt=manifest.classification_prompt(),
            journal=journal,
            concurrency=at_once,
            on_words=partial(display.say, words),
        )

    def recorded(given: str) -> Predictor:
        name, separator, path = given.partition("=")
        if not name or not separator or not path:
            raise InvalidConfig(f"The answers {given!r}", ["give them as name=file.jsonl"])
        return RecordedPredictor(name=name, path=Path(path), labels=manifest.prompt.labels)

    return list(map(asked, dict.fromkeys(models))), list(map(recorded, answers))


def _predicted(predictor: Predictor, pages: list[Page], display: Display) -> list[Prediction]:
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


def _save(scores: Scores, path: Path) -> None:
    import msgspec

    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(scores), indent=1))
    fresh.replace(path)


def _show(scores: Scores, *, as_json: bool) -> None:
    if as_json:
        show_json(scores)
        return
    columns = ("model", "right", "accuracy", "95 %", "macro F1", "failed", "p50 s", "taken at 95 %", "ECE")
    show_table(columns, [_row(one) for one in scores.scores])
    for pair in scores.comparisons:
        low, high = pair.interval
        tell(
            f"{pair.second} against {pair.first}: {pair.difference:+.3f} ({low:+.3f} to {high:+.3f}), "
            f"p = {pair.adjusted_p_value:.2g}"
        )
    for one in scores.scores:
        if one.metrics.failed:
            complain(f"{one.metrics.failed} calls to {one.model} failed: run the same again to repeat them")
    tell(scores.conclusion)


def _row(one: Score) -> tuple[object, ...]:
    metrics = one.metrics
    low, high = metrics.accuracy_interval
    macro = sum(score.f1 for score in metrics.per_label.values()) / len(metrics.per_label)
    error = one.mended_calibration_error if one.temperature else one.calibration_error
    return (
        one.model,
        f"{metrics.correct}/{metrics.pages}",
        f"{metrics.accuracy:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{macro:.3f}",
        metrics.failed,
        f"{one.latency.p50:.2f}" if one.latency else "-",
        f"{one.review.coverage:.0%}" if one.review else "-",
        f"{error:.3f}" if error is not None else "-",
    )
