"""Options that mean the same in every command, and what they stand for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from burnish.families import ModelFamily

ON_AWS_SECONDS, AT_HOME_SECONDS = 30.0, 1.0

AsJson = Annotated[
    bool, Parameter(name="--json", help="Print JSON and nothing else.", negative="", show_default=False)
]
DryRun = Annotated[
    bool,
    Parameter(
        help="Show what would be done. Nothing is created or changed.", negative="", show_default=False
    ),
]
Wait = Annotated[bool, Parameter(help="Return only once it is done.", negative="", show_default=False)]
Tags = Annotated[
    tuple[str, ...], Parameter(name="--tag", help="A tag, as key=value.", negative="", show_default=False)
]
Every = Annotated[
    float | None,
    Parameter(
        help="Seconds from one look to the next; without it 30 on AWS, and 1 on a server of your own.",
        validator=validators.Number(gt=0),
    ),
]
AtMost = Annotated[float, Parameter(help="Give up after so many seconds.", validator=validators.Number(gt=0))]


def seconds_between_looks(given: float | None = None) -> float:
    """How often to look: on AWS everything takes minutes, and looking is counted against a quota."""
    from burnish.aws.clients import open_clients

    return given or (ON_AWS_SECONDS if open_clients().leads_to_aws else AT_HOME_SECONDS)


def family_claiming(model: str) -> ModelFamily:
    """The family of a base model. Raises `InvalidConfig` for one that no family claims."""
    from burnish.families import all_families, family_of, model_id_of

    family = family_of(model_id_of(model))
    if family is None:
        known = ", ".join(one.models[0].id for one in all_families() if one.models)
        raise InvalidConfig(f"The model {model!r}", [f"no family claims it: give an id such as {known}"])
    return family


def named(given: Iterable[str], option: str) -> list[tuple[str, str]]:
    """Names and values of an option that is given as ``name=value``."""
    found = []
    for one in given:
        name, separator, value = one.partition("=")
        if not name or not separator or not value:
            raise InvalidConfig(f"{option} {one!r}", ["give it as name=value"])
        found.append((name, value))
    return found
