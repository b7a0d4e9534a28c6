"""`burnish doctor`: what works here, and what to do about the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from burnish.cli.check_table import show_checks
from burnish.cli.extras import EXTRAS
from burnish.cli.options import AsJson
from burnish.cli.output import print_result, show_json
from burnish.doctor.account import check_account
from burnish.doctor.check_results import CheckResult, Severity
from burnish.doctor.installation import check_installation
from burnish.doctor.machine import check_machine
from burnish.doctor.own_server import check_server
from burnish.errors import BurnishError
from burnish.local_server.running_server import default_data_folder


def doctor(
    *,
    data: Annotated[Path | None, Parameter(help="The server's data folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the installation, this machine, the server and the account. Exits with 1 if there is a problem.

    Nothing is changed, created or billed.
    """
    results = list(_check_all((data or default_data_folder()).resolve()))
    if as_json:
        show_json([asdict(one) for one in results])
    else:
        show_checks(results)
        _show_remedies(results)
    problems = sum(one.severity is Severity.PROBLEM for one in results)
    if problems:
        raise BurnishError("1 problem was found" if problems == 1 else f"{problems} problems were found")


def _check_all(data: Path) -> Iterator[CheckResult]:
    commands: dict[str, list[str]] = {}
    for command, extra in EXTRAS.items():
        commands.setdefault(extra, []).append(command)
    yield from check_installation(commands)
    yield from check_machine(data)
    yield from check_server(data)
    yield from check_account()


def _show_remedies(results: list[CheckResult]) -> None:
    for one in results:
        if one.remedy:
            print_result(f"\n{one.subject}: {one.says.rstrip('.')}\n  {one.remedy}")
