"""`burnish backup`: a copy of everything that a server keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from burnish.cli.display import open_stage
from burnish.cli.output import print_result
from burnish.local_server.running_server import default_data_folder


def backup(
    folder: Annotated[Path, Parameter(help="Where to write the backup; must not exist yet.")],
    /,
    *,
    data: Annotated[Path | None, Parameter(help="The server's data folder.")] = None,
) -> None:
    """Back up a server's data, while it runs or not: jobs, models, roles, objects and the access key.

    The backup is a data folder: `burnish serve --data FOLDER` runs on it, on this machine or another.
    """
    from burnish.server.backups import back_up

    folder = folder.expanduser().absolute()
    with open_stage("backup") as display:
        display.show("copying")
        made = back_up((data or default_data_folder()).resolve(), folder)
    print_result(f"{folder}: {made.files:,} files, {made.size / 1e6:,.1f} MB, in {made.seconds:.1f} s")
    if made.held:
        print_result(f"Requests to S3 waited for {made.held:.2f} s while the last changes were copied")
