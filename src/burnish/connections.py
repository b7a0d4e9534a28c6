"""How a program comes to a workspace: on a server of its own, found or started, or on AWS."""

from __future__ import annotations

from pathlib import Path

from burnish.aws.base_models import first_tunable_model
from burnish.aws.clients import Clients, open_clients
from burnish.errors import InvalidConfig
from burnish.families import all_families
from burnish.progress import progress_bar
from burnish.workspace import Workspace


def connect(
    server: Path | str | None = None,
    *,
    base_model: str | None = None,
    region: str | None = None,
    weights: str | None = None,
) -> Workspace:
    """A workspace on your own server whose data folder is ``server``, or else on what the environment names.

    A server that runs with the folder is used. Otherwise one is started, with ``weights`` (a Hugging Face
    name or a folder) or the default model, and stops when this program ends. Without ``server``, calls go to
    AWS_ENDPOINT_URL, and where that is not set to AWS, in ``region``. Without ``base_model`` it is the first
    that a server of your own can tune; on AWS you name it. Raises `CannotStart` and `InvalidConfig`.
    """
    clients = _local_clients(Path(server), weights) if server else open_clients(region=region)
    if base_model is None and clients.leads_to_aws:
        example = next(family.models[0].id for family in all_families() if family.models)
        raise InvalidConfig(
            "The connection to AWS",
            [f"no base model is named: give base_model={example!r}, or the folder of a server"],
        )
    return Workspace(clients=clients, base_model=base_model or first_tunable_model(clients))


def _local_clients(data: Path, weights: str | None) -> Clients:
    from burnish.local_server.local_server import found_or_started, local_clients

    with progress_bar("server") as bar:
        bar.show(detail="looking for one, or starting one")
        server = found_or_started(data, models=(weights,) if weights else ())
        bar.show(1, 1, server.url)
    return local_clients(data, server)
