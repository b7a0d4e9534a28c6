"""`burnish ui`: pages in a browser, for the one person who has started them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from burnish.cli.options import option
from burnish.cli.output import print_message, print_result
from burnish.errors import CannotConnect, InvalidInput

if TYPE_CHECKING:
    from burnish.aws.clients import Clients


def ui(
    *folders: Annotated[
        Path,
        Parameter(help="Folders in which evaluations and classified documents lie; by default this one."),
    ],
    data: Annotated[
        Path | None,
        Parameter(help="The data folder of your own running server, in place of what the environment names."),
    ] = None,
    port: Annotated[
        int,
        Parameter(
            help="Port to listen on; 0 picks a free one.", validator=validators.Number(gte=0, lte=65535)
        ),
    ] = 0,
    no_open: Annotated[bool, option("Print the link only, and open no browser.")] = False,
) -> None:
    """Show evaluations and more in a browser of this machine. Stops with Ctrl-C.

    Nobody else can come in: the link that is printed works once, and then there is another.
    """
    from burnish.ui.running import run_site
    from burnish.ui.views import VIEWS
    from burnish.ui.workbench import Workbench

    chosen = tuple(folder.resolve() for folder in folders or (Path(),))
    for folder in chosen:
        if not folder.is_dir():
            raise InvalidInput(f"There is no folder {str(folder)!r}: name folders that evaluations lie in")
    bench = Workbench(folders=chosen, clients=_clients(data))
    print_message("Only this machine can open the pages, and each link works once. Ctrl-C ends them.")
    run_site(bench, VIEWS, port=port, on_link=print_result, opens_browser=not no_open)


def _clients(data: Path | None) -> Clients:
    from burnish.aws.clients import open_clients

    if data is None:
        return open_clients()
    from burnish.local_server.local_server import CA_BUNDLE, local_clients
    from burnish.local_server.running_server import running_server

    if server := running_server(data):
        if server.ca_bundle:  # of this process alone, which calls nobody else
            os.environ[CA_BUNDLE] = server.ca_bundle
        return local_clients(data, server)
    raise CannotConnect(
        f"No server runs with the data folder {str(data)!r}: start it with `burnish serve --data`"
    )
