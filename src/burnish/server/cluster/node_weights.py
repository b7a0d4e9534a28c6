"""The weights that an attempt trains, on the node where it runs: each node has its own cache of them."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

from burnish.engine.catalogue import PAGE_FEATURES, OpenModel, open_model, pool_of
from burnish.engine.weights import are_on_this_machine, cached_weights, prepared_weights
from burnish.errors import MissingWeights
from burnish.server.cluster.weight_prints import tensors_of


def weights_here(sources: Mapping[str, str], fingerprint: str) -> Path:
    """The weights of these sources on this node, which are not fetched for it.

    Raises `MissingWeights` with the command that prepares them, and where they are others than the server's.
    """
    members = [_member(source) for source in sources.values()]
    weights = prepared_weights(pool_of(*members) if len(members) > 1 else members[0])
    if tensors_of(weights) != fingerprint:
        raise MissingWeights(
            f"The weights of {', '.join(sources.values())} on the node {socket.gethostname()} are not those "
            f"that the server has: copy the server's folder of them to {weights}"
        )
    return weights


def _member(source: str) -> OpenModel:
    model = open_model(source)
    if model == PAGE_FEATURES or are_on_this_machine(model):
        return model
    # What the server was given as a folder has that folder's name here.
    folder = cached_weights() / source
    if (folder / "config.json").is_file():
        return open_model(str(folder))
    remedy = f"run `burnish weights {source}` there" if "/" in source else f"copy the server's to {folder}"
    raise MissingWeights(f"The node {socket.gethostname()} has no weights of {source}: {remedy}")
