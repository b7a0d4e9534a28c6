"""With which model and which data set's labels documents were classified, in a file beside the results."""

from __future__ import annotations

from pathlib import Path

import msgspec

from burnish.disk import replace_file, reporting_full_disk
from burnish.errors import InvalidInput


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a review has to know of the run that it is about."""

    model: str
    #: The place of the data set's manifest, or its folder.
    dataset: str
    labels: list[str]


def write_run_facts(path: Path, facts: RunFacts) -> None:
    """Write down what is classified with, in the place of what an earlier run has written."""
    with reporting_full_disk(path.parent):
        replace_file(path, msgspec.json.format(msgspec.json.encode(facts), indent=1))


def read_run_facts(path: Path) -> RunFacts | None:
    """What was classified with; None where the run was one of an earlier version, which did not say."""
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunFacts)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"{path} is not of `burnish classify` ({error}): classify again") from error
