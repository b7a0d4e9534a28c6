"""`burnish weights`: a model's weights, downloaded and ready to use."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from burnish.cache import cache_folder, private_folder
from burnish.cli.output import print_message, print_result
from burnish.cli.weight_preparation import WeightPreparation
from burnish.engine.catalogue import DEFAULT_MODEL, open_model


def weights(
    source: Annotated[
        str, Parameter(help="A Hugging Face name, a folder of weights, or minilm-l6.")
    ] = DEFAULT_MODEL.source,
    /,
) -> None:
    """Download and convert a model's weights unless that is done already, and print their folder."""
    from burnish.engine.weights import prepared_weights

    log = private_folder(cache_folder()) / "weights.log"
    WeightPreparation(log=log, say=print_message, is_live=sys.stderr.isatty()).prepare(source)
    print_result(str(prepared_weights(open_model(source))))
