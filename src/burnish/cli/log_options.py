"""Options of `burnish serve` that say how its log is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from burnish.cli.log_formats import LogFormat
from burnish.cli.options import option


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class LogOptions:
    """How much is logged, and in which form."""

    quiet: Annotated[bool, option("Print warnings only.")] = False
    log_format: Annotated[
        LogFormat,
        Parameter(help="Text for people, or an object of JSON a line, with one for each request."),
    ] = LogFormat.TEXT
