"""`burnish weights`: a model's weights, ready on this machine."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from burnish.cli.output import tell
from burnish.engine.catalogue import DEFAULT_MODEL, open_model


def weights(
    source: Annotated[
        str, Parameter(help="A name on the Hugging Face hub, or a folder of weights.")
    ] = DEFAULT_MODEL.source,
    /,
) -> None:
    """Fetch and convert a model's weights unless they are here already, and print their folder."""
    from burnish.engine.weights import prepared_weights

    tell(str(prepared_weights(open_model(source))))
