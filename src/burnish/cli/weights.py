"""`burnish weights`: a model's weights, downloaded and ready to use."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from burnish.cli.output import print_message, print_result
from burnish.engine.catalogue import DEFAULT_MODEL, open_model


def weights(
    source: Annotated[
        str, Parameter(help="A Hugging Face name, a folder of weights, or minilm-l6.")
    ] = DEFAULT_MODEL.source,
    /,
) -> None:
    """Download and convert a model's weights unless that is done already, and print their folder."""
    from burnish.engine.weights import prepared_weights

    # The libraries that fetch and convert them show their own progress.
    print_message(f"Preparing the weights of {source}")
    print_result(str(prepared_weights(open_model(source))))
