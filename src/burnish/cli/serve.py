"""`burnish serve`: Bedrock's wire protocol on a port of this machine."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from burnish.cli.entrance_options import EntranceOptions
from burnish.cli.options import option
from burnish.cli.output import print_message
from burnish.cli.server_messages import server_messages
from burnish.disk import reporting_full_disk
from burnish.engine.catalogue import OpenModel, served_models
from burnish.errors import InvalidConfig, MissingWeights
from burnish.pace import Reminder
from burnish.processes import require_posix
from burnish.running_server import default_data_folder
from burnish.secrecy import forget_secrets

messages = logging.getLogger(__name__)

FETCHING_SECONDS = 4 * 3600

OPEN_AND_PLAIN = (
    "WARNING: other machines can connect to this server at {host!r} WITHOUT TLS (--insecure). Anyone on "
    "the way can read the documents and the answers. Use --tls-cert and --tls-key where that matters."
)

CLOSED = "{data}: closed to other users of this machine, who could read {count:,} files and folders"


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
    account_id: Annotated[
        str, Parameter(help="The AWS account id to answer as, twelve digits.")
    ] = "123456789012",
    quiet: Annotated[bool, option("Print warnings only.")] = False,
) -> None:
    """Answer as Bedrock, S3, IAM and STS do, and really train. Stops with Ctrl-C.

    Prints where it answers, and a line for each phase of a job and each change of a deployment.
    """
    require_posix()
    _require_account_id(account_id)
    forget_secrets()  # they belong to another account; the server's own key is in its data folder
    data = (data or default_data_folder()).resolve()
    entrance = (at or EntranceOptions()).entrance()
    # Fail now, and not after minutes of fetching weights.
    entrance.place.bound().close()
    if entrance.is_open_and_plain:
        print_message(OPEN_AND_PLAIN.format(host=entrance.place.host))

    from burnish.engine.weights import are_on_this_machine
    from burnish.server import data_folder

    models = served_models(model, is_here=are_on_this_machine)

    with (
        server_messages(quiet=quiet) as shown,
        data_folder.claimed(data) as closed,
        reporting_full_disk(data),
    ):
        if closed:
            print_message(CLOSED.format(data=data, count=closed))
        _prepare_all(models, data / data_folder.LOGS / "weights.log")

        from burnish.server.running import run_server

        run_server(
            entrance=entrance,
            data=data,
            models=models,
            account_id=account_id,
            on_ready=lambda server: shown.welcome(server, data, models),
        )


def _require_account_id(given: str) -> None:
    if not (len(given) == 12 and given.isdecimal() and given.isascii()):
        raise InvalidConfig("The server", [f"--account-id is {given!r}: it must be twelve digits"])


def _prepare_all(models: Sequence[OpenModel], log: Path) -> None:
    # Of a pool its members: it has no weights of its own.
    for model in dict.fromkeys(part for one in models for part in one.members or (one,)):
        _prepare(model, log)


def _prepare(model: OpenModel, log: Path) -> None:
    """Prepare a model's weights in a process of its own, so that this one never imports torch."""
    from burnish import tether
    from burnish.waiting import wait_until

    messages.info("Preparing the weights of %s", model.source)
    reminder = Reminder()

    def remind(_: bool) -> None:
        if reminder.is_due:
            reminder.spoken()
            messages.info("Still preparing the weights: downloading and converting take minutes, see %s", log)

    log.unlink(missing_ok=True)
    failure = log.with_suffix(".failure")
    failure.unlink(missing_ok=True)
    child = tether.start(
        [sys.executable, "-m", "burnish.engine.weights", model.source, str(failure)], log=log
    )
    try:
        wait_until(lambda: child.has_ended, bool, interval=0.1, timeout=FETCHING_SECONDS, on_poll=remind)
    finally:
        child.end()
    if child.exit_status:
        reason = f"The weights of {model.source!r} could not be prepared: see {log}"
        raise MissingWeights(failure.read_text(encoding="utf-8") if failure.exists() else reason)
