"""`burnish classify`: labels for new documents, and which of them a person reviews."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from burnish.cli.display import Display, notice_if_interrupted, open_display, stage_on
from burnish.cli.options import AsJson, DryRun, option
from burnish.cli.output import print_message, print_result, show_json, show_table
from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from burnish.classification import ClassificationConfig, ClassificationSummary, Classifier
    from burnish.classification.incoming import IncomingDocument
    from burnish.evaluation.prices import ModelPrice

GOES_ON = "Every answer so far is kept: run the same command again to continue."


@Parameter(name="*")
@dataclasses.dataclass(frozen=True, kw_only=True)
class RuleOptions:
    """How answers about pages become results."""

    rule: Annotated[
        Literal["mean-log-probability", "vote", "first-page", "max"] | None,
        Parameter(
            help="How pages decide on a document's label; by default first-page for a model trained on first "
            "pages, otherwise mean-log-probability over all pages."
        ),
    ] = None
    threshold: Annotated[
        float | None,
        Parameter(
            help="Accept answers from this probability on; by default the threshold that the model's job "
            "measured on held-out pages. 0 accepts every label.",
            validator=validators.Number(gte=0, lte=1),
        ),
    ] = None
    split: Annotated[
        bool, option("Split bundles into documents where pages of different types follow one another.")
    ] = False
    dataset: Annotated[
        str | None,
        Parameter(help="The data set whose labels to choose from, for models whose own is not known."),
    ] = None


@Parameter(name="*")
@dataclasses.dataclass(frozen=True, kw_only=True)
class CallOptions:
    """How the model is called, and what may be spent."""

    concurrency: Annotated[
        int, Parameter(help="Maximum number of concurrent calls.", validator=validators.Number(gte=1))
    ] = 8
    at_most: Annotated[
        float | None,
        Parameter(
            name=["--at-most", "--budget"],
            help="Maximum spend on tokens in US dollars, including answers already there.",
            validator=validators.Number(gt=0),
        ),
    ] = None
    price: Annotated[
        tuple[float, float] | None,
        option("US dollars per 1,000 input and 1,000 output tokens, as two numbers."),
    ] = None

    batch: Annotated[
        bool | None,
        Parameter(
            help="Ask in one batch, at half the price on AWS, or one by one; by default in a batch from 300 "
            "pages on, and on AWS alone."
        ),
    ] = None
    batch_role: Annotated[
        str | None,
        Parameter(help="The role of the batch, by name or ARN; by default one is created or updated."),
    ] = None

    def model_price(self) -> ModelPrice | None:
        """The price that is given."""
        from burnish.evaluation.prices import ModelPrice

        return ModelPrice(input_usd=self.price[0], output_usd=self.price[1]) if self.price else None


@Parameter(name="*")
@dataclasses.dataclass(frozen=True, kw_only=True)
class FolderOptions:
    """Folders that fill, and folders that are filled."""

    watch: Annotated[
        bool, option("Keep running: classify files of the folder as they arrive, until Ctrl-C.")
    ] = False
    sort_into: Annotated[
        Path | None,
        Parameter(help="Also copy documents into this folder: one sub-folder per label, and review."),
    ] = None
    link: Annotated[bool, option("Make links instead of copies in --sort-into.")] = False


def classify(
    *paths: Annotated[
        str,
        Parameter(
            help="Folders at any depth, files, s3://bucket/prefix, hf:name, or a list: a .csv or .jsonl with "
            "the column path, or a .json export of Label Studio."
        ),
    ],
    model: Annotated[str, Parameter(help="A tuned model, or what it is deployed as, by name, id or ARN.")],
    to: Annotated[
        str, Parameter(help="The table to write: .csv, .jsonl or .parquet, here or as s3://….")
    ] = "classified.csv",
    rules: RuleOptions | None = None,
    calls: CallOptions | None = None,
    folders: FolderOptions | None = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Label new documents with a tuned model: label, probability, runner-up, accept or review."""
    from burnish.aws.clients import open_clients
    from burnish.classification import open_classifier

    if not paths:
        raise InvalidConfig("The classification", ["no documents are named: give a folder or files"])
    rules, calls, folders = rules or RuleOptions(), calls or CallOptions(), folders or FolderOptions()
    config = _config(model, to, rules, calls, folders)
    with open_display(quiet=as_json or dry_run) as display:
        say = print_message if as_json or dry_run else display.say
        with stage_on(display, "looking up the model"):
            classifier = open_classifier(open_clients(), config, say)
        if dry_run:
            _show_estimate(classifier, paths, as_json=as_json)
            return
        say(f"Review threshold: {classifier.threshold}.")
        with notice_if_interrupted(GOES_ON), stage_on(display, "documents"):
            summary = _classified(classifier, paths, display, watch=folders.watch)
    _show(summary, as_json=as_json)


def _config(
    model: str, to: str, rules: RuleOptions, calls: CallOptions, folders: FolderOptions
) -> ClassificationConfig:
    from burnish.classification import ClassificationConfig, PageRule, SortingFolder

    if folders.watch and calls.batch:
        raise InvalidConfig("--watch", ["files are asked about as they arrive: leave out --batch"])
    if folders.link and not folders.sort_into:
        raise InvalidConfig("--link", ["it says how --sort-into puts documents there: give that as well"])
    return ClassificationConfig(
        model=model,
        to=to,
        rule=PageRule(rules.rule) if rules.rule else None,
        threshold=rules.threshold,
        split=rules.split,
        dataset=rules.dataset,
        concurrency=calls.concurrency,
        at_most=calls.at_most,
        price=calls.model_price(),
        batch=calls.batch,
        batch_role=calls.batch_role,
        sorting=SortingFolder(folder=folders.sort_into, link=folders.link) if folders.sort_into else None,
    )


def _classified(
    classifier: Classifier, paths: tuple[str, ...], display: Display, *, watch: bool
) -> ClassificationSummary:
    from burnish.classification.batch_choice import BatchChoice

    batches: Iterable[Iterable[IncomingDocument]] = [classifier.documents(paths)]
    choice = None if watch else classifier.chosen_for(paths)
    if choice:
        display.say(choice.reason)
    if watch:
        from burnish.classification.arrivals import arrivals_in

        batches = arrivals_in(_watched(paths))
        display.say(f"Watching {paths[0]}: Ctrl-C ends it.")

    def show_batch(summary: ClassificationSummary) -> None:
        display.show(str(summary))
        if watch:
            display.say(str(summary))

    return classifier.classify(
        batches,
        choice=choice or BatchChoice(is_batch=False, reason=""),
        on_document=_counter(display),
        on_batch=show_batch,
        on_progress=display.show,
    )


def _watched(paths: tuple[str, ...]) -> Path:
    if len(paths) != 1 or not Path(paths[0]).is_dir():
        raise InvalidConfig("--watch", ["give one folder of this machine to watch"])
    return Path(paths[0])


def _counter(display: Display) -> Callable[[], None]:
    done = 0

    def show_next() -> None:
        nonlocal done
        done += 1
        display.show(f"asking, {done} done")

    return show_next


def _show_estimate(classifier: Classifier, paths: tuple[str, ...], *, as_json: bool) -> None:
    found = classifier.estimate(paths)
    if as_json:
        show_json(found)
        return
    if classifier.model.is_to_be_deployed:
        print_message("The model is not deployed: it would be, on demand, for the length of the run.")
    print_message(f"Review threshold: {classifier.threshold}.")
    print_message(f"Rule for several pages: {classifier.rules.rule}; {classifier.rendering.pages} page(s).")
    columns = ("documents", "already answered", "unreadable", "pages", "input tokens", "about $", "at most $")
    cost = ("-" if usd is None else f"{usd:.3g}" for usd in (found.likely_usd, found.most_usd))
    row = (found.documents, found.answered, found.unreadable, found.pages, found.input_tokens, *cost)
    show_table(columns, [row])
    choice = classifier.batch_choice(found)
    print_message(choice.reason)
    if choice.is_batch:
        print_message("The dollars above are those of single calls: a batch costs half of them on AWS.")
    print_message("No model was called.")


def _show(summary: ClassificationSummary, *, as_json: bool) -> None:
    if as_json:
        show_json(summary)
    else:
        show_table(("label", "documents"), sorted(summary.labels.items()))
        print_result(str(summary))
        if summary.drift:
            print_result(str(summary.drift))
        print_result(f"Documents: {summary.table}")
        print_result(f"Pages: {summary.pages_table}")
    summary.require_labels()
