"""`burnish serve`: Bedrock's wire protocol on a port of this machine."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from burnish.cli.conduct_options import ConductOptions
from burnish.cli.entrance_options import EntranceOptions
from burnish.cli.log_options import LogOptions
from burnish.cli.options import option
from burnish.cli.pages_beside import PagesBeside
from burnish.cli.server_messages import ServerMessages, server_messages
from burnish.cli.training_options import TrainingOptions
from burnish.cli.weight_preparation import WeightPreparation
from burnish.disk import reporting_full_disk
from burnish.engine.catalogue import OpenModel, requested_models, served_models
from burnish.engine.inference_messages import IDLE_SECONDS
from burnish.errors import InvalidConfig
from burnish.local_server.running_server import default_data_folder
from burnish.processes.identities import require_posix
from burnish.processes.secrecy import forget_secrets

if TYPE_CHECKING:
    from burnish.server.cluster.cluster_setting import ClusterSetting
    from burnish.server.door.entrance import Entrance
    from burnish.server.running import Conduct
    from burnish.server.server_file import RunningServer

messages = logging.getLogger(__name__)

#: AWS's own in its examples.
ACCOUNT = "123456789012"

OPEN_AND_PLAIN = (
    "WARNING: other machines can connect to this server at {host!r} WITHOUT TLS (--insecure). Anyone on "
    "the way can read the documents and the answers. Use --tls-cert and --tls-key where that matters."
)

CLOSED = "{data}: closed to other users of this machine, who could read {count:,} files and folders"


UnloadAfter = Annotated[
    float,
    Parameter(
        help="Minutes after which a model that nobody asks leaves the memory, until the next request.",
        validator=validators.Number(gt=0),
    ),
]


def serve(
    *,
    at: EntranceOptions | None = None,
    data: Annotated[Path | None, Parameter(help="Data folder, for jobs, models and objects.")] = None,
    model: Annotated[
        tuple[str, ...],
        option(
            "A base model to serve: a Hugging Face name, a folder of weights, or minilm-l6; repeatable. "
            "Page features are always served, and minilm-l6 where its weights are on this machine."
        ),
    ] = (),
    account_id: Annotated[str, Parameter(help="The AWS account id to answer as, twelve digits.")] = ACCOUNT,
    unload_after: UnloadAfter = IDLE_SECONDS / 60,
    training: TrainingOptions | None = None,
    answering: ConductOptions | None = None,
    log: LogOptions | None = None,
) -> None:
    """Answer as Bedrock, S3, IAM and STS do, and really train. Stops with Ctrl-C.

    Prints where it answers, and a line for each phase of a job and each change of a deployment.
    """
    require_posix()
    data = (data or default_data_folder()).resolve()

    from burnish.server import data_folder

    with ExitStack() as running:
        shown = running.enter_context(server_messages(log or LogOptions()))
        _require_account_id(account_id)
        # With the operator's credentials, where a teacher elsewhere is to be asked.
        conduct = _conduct(answering, training)
        forget_secrets()  # they belong to another account; the server's own key is in its data folder
        entrance = _free_entrance(at or EntranceOptions(), shown, conduct.cluster)
        if closed := running.enter_context(data_folder.claimed(data)):
            shown.warn(CLOSED.format(data=data, count=closed))
        running.enter_context(reporting_full_disk(data))
        preparation = WeightPreparation(
            log=data / data_folder.LOGS / "weights.log", say=messages.info, is_live=shown.is_live
        )
        models = _prepared(model, preparation)
        pages = running.enter_context(PagesBeside(data, data / data_folder.LOGS / "ui.log", messages.info))

        from burnish.server.running import run_server

        run_server(
            entrance=entrance,
            data=data,
            models=models,
            account_id=account_id,
            jobs=training.jobs if training else None,
            idle_seconds=60 * unload_after,
            conduct=conduct,
            on_ready=lambda server: _welcome(server, data, models, shown, pages if at and at.ui else None),
        )


def _conduct(answering: ConductOptions | None, training: TrainingOptions | None) -> Conduct:
    return (answering or ConductOptions()).conduct((training or TrainingOptions()).cluster())


def _welcome(
    server: RunningServer,
    data: Path,
    models: Sequence[OpenModel],
    shown: ServerMessages,
    pages: PagesBeside | None,
) -> None:
    """Say that the server answers, and start the pages that are wanted beside it."""
    shown.welcome(server, data, models)
    if pages:
        pages.start()


def _free_entrance(
    options: EntranceOptions, shown: ServerMessages, cluster: ClusterSetting | None
) -> Entrance:
    """Where the server is to answer. Raises `CannotStart` now, and not after minutes of fetching weights."""
    entrance = options.entrance()
    if cluster:
        cluster.require_reachable(entrance.url(options.port))
        entrance = entrance.known_as(cluster.host)
    entrance.place.bound().close()
    if entrance.is_open_and_plain:
        shown.warn(OPEN_AND_PLAIN.format(host=entrance.place.host))
    return entrance


def _require_account_id(given: str) -> None:
    if not (len(given) == 12 and given.isdecimal() and given.isascii()):
        raise InvalidConfig("The server", [f"--account-id is {given!r}: it must be twelve digits"])


def _prepared(sources: Sequence[str], preparation: WeightPreparation) -> tuple[OpenModel, ...]:
    """The models to serve, with their weights prepared: only those tell whether a model writes text."""
    from burnish.engine.weights import are_on_this_machine, as_prepared

    requested = requested_models(sources)
    prepared = _sources_of_weights(requested)
    for source in prepared:
        preparation.prepare(source)
    models = served_models(list(map(as_prepared, requested)), is_here=are_on_this_machine)
    for source in _sources_of_weights(models):
        if source not in prepared:
            preparation.prepare(source)
    return models


def _sources_of_weights(models: Sequence[OpenModel]) -> list[str]:
    """Where the weights of models come from: of a pool those of its members, for it has none of its own."""
    parts = [part for model in models for part in model.members or (model,)]
    return list(dict.fromkeys(part.source for part in parts))
