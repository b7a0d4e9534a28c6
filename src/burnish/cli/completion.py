"""`burnish completion`: what a shell completes commands and options with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

from burnish.cli.output import print_result
from burnish.errors import InvalidConfig

Shell: TypeAlias = Literal["bash", "zsh", "fish"]


def completion(
    *,
    shell: Annotated[Shell | None, Parameter(help="The shell; by default the one in use.")] = None,
    output: Annotated[
        Path | None, Parameter(help="Write the script to this file; by default, print it.")
    ] = None,
) -> None:
    """Print a shell's completion script: eval "$(burnish completion)". No start-up file is changed."""
    from burnish.cli.app import app

    script = app.generate_completion(shell=shell or _shell_in_use())
    if output is None:
        print_result(script)
        return
    output.write_text(f"{script}\n")
    print_result(str(output))


def _shell_in_use() -> Shell:
    from cyclopts.completion.detect import ShellDetectionError, detect_shell

    try:
        found = detect_shell()
    except ShellDetectionError:
        found = None
    if found is None or found == "powershell":
        raise InvalidConfig("The shell in use", ["it is none of bash, zsh and fish: give --shell"])
    return found
