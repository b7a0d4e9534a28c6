"""`burnish model download`: a tuned model leaves the machine that tuned it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from burnish.aws.identifiers import ResourceKind, arn_of
from burnish.cli.options import AsJson
from burnish.cli.output import print_message, print_result, show_one
from burnish.tuned_models.model_card import ModelFormat

if TYPE_CHECKING:
    from burnish.model_downloads import DownloadedModel


def download(
    model: Annotated[str, Parameter(help="The model's name, id or ARN.")],
    /,
    *,
    out: Annotated[Path, Parameter(help="The folder to write, which is not there yet or empty.")],
    form: Annotated[
        ModelFormat,
        Parameter(
            name="--format",
            help="As it was trained (adapter, or the arrays of a model without one), merged into its base "
            "model, or as a GGUF file.",
        ),
    ] = ModelFormat.ADAPTER,
    base: Annotated[
        Path | None,
        Parameter(help="The folder of the base model's weights, to merge; by default they are fetched."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Download a custom model of your own server, with a model card, and print its folder."""
    from burnish.aws.clients import open_clients
    from burnish.model_downloads import download_model

    clients = open_clients()
    arn = arn_of(clients.bedrock, ResourceKind.MODEL, model)
    if form is not ModelFormat.ADAPTER:
        print_message(f"Merging {model} into the weights of its base model")
    found = download_model(clients, arn, out, form=form, base=base)
    _tell(found)
    show_one(found, as_json=True) if as_json else print_result(str(found.folder))


def _tell(found: DownloadedModel) -> None:
    """Say what is missing in what was downloaded, and where it may not go."""
    if found.left_out:
        print_message(
            f"Not in it: {', '.join(found.left_out)}. The pool's answers are better than this member's alone"
        )
    for refusal in found.refusals:
        print_message(f"Amazon Bedrock would not import it: {refusal}")
    if found.form is ModelFormat.MERGED and not found.refusals:
        print_message("Nothing is known against importing it into Amazon Bedrock")
