"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from burnish.families import ModelFamily

AWS_POLL_SECONDS, OWN_SERVER_POLL_SECONDS = 30.0, 1.0

AsJson = Annotated[bool, Parameter(name="--json", help="Print only JSON.", negative="", show_default=False)]
DryRun = Annotated[
    bool,
    Parameter(
        help="Show what would be done, without creating or changing anything.",
        negative="",
        show_default=False,
    ),
]
Wait = Annotated[bool, Parameter(help="Wait until it is done.", negative="", show_default=False)]
Tags = Annotated[
    tuple[str, ...],
    Parameter(name="--tag", help="A tag, as key=value; repeatable.", negative="", show_default=False),
]
PollInterval = Annotated[
    float | None,
    Parameter(
        help="Seconds between polls; by default 30 on AWS and 1 on your own server.",
        validator=validators.Number(gt=0),
    ),
]
Timeout = Annotated[
    float, Parameter(help="Give up after this many seconds.", validator=validators.Number(gt=0))
]


def polling_seconds(given: float | None = None) -> float:
    """The poll interval in seconds: on AWS everything takes minutes, and polls count against a quota."""
    from burnish.aws.clients import open_clients

    return given or (AWS_POLL_SECONDS if open_clients().leads_to_aws else OWN_SERVER_POLL_SECONDS)


def family_claiming(model: str) -> ModelFamily:
    """The family of a base model. Raises `InvalidConfig` for one that no family has."""
    from burnish.families import all_families, family_of, model_id_of

    family = family_of(model_id_of(model))
    if family is None:
        known = ", ".join(one.models[0].id for one in all_families() if one.models)
        raise InvalidConfig(f"The model {model!r}", [f"no model family has it: use an id such as {known}"])
    return family


def named(given: Iterable[str], option: str) -> list[tuple[str, str]]:
    """Names and values of an option that is given as ``name=value``."""
    found = []
    for one in given:
        name, separator, value = one.partition("=")
        if not name or not separator or not value:
            raise InvalidConfig(f"{option} {one!r}", ["it must be name=value"])
        found.append((name, value))
    return found
