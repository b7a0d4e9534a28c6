"""The registered families: Burnish's own, and those that other packages provide by entry point.

A package provides a family with ``[project.entry-points."burnish.families"]`` and a line such as
``acme = "acme_models:ACME"``, where ``ACME`` is a `burnish.families.ModelFamily`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from burnish.errors import InvalidConfig
from burnish.families.claude import CLAUDE
from burnish.families.family import BaseModel, ModelFamily
from burnish.families.llama import LLAMA
from burnish.families.nova import NOVA
from burnish.families.open_weights import OPEN_WEIGHTS
from burnish.families.titan import TITAN

GROUP = "burnish.families"
OWN = (NOVA, CLAUDE, LLAMA, TITAN, OPEN_WEIGHTS)


@cache  # reading the entry points of all installed packages takes tens of milliseconds
def all_families() -> tuple[ModelFamily, ...]:
    """Burnish's own families and the installed ones. Raises `InvalidConfig` naming a package's broken one."""
    return with_installed(OWN, entry_points(group=GROUP))


def with_installed(own: Iterable[ModelFamily], brought: Iterable[EntryPoint]) -> tuple[ModelFamily, ...]:
    """The families, with those of entry points. No two may share a name."""
    families = {family.name: family for family in own}
    for point in brought:
        family = _loaded(point)
        # Names select families in configs, so a second one must not silently replace the first.
        if family.name in families:
            raise InvalidConfig(
                _whose(point), [f"there is a family named {family.name!r} already: give it another name"]
            )
        families[family.name] = family
    return tuple(families.values())


def family_named(name: str) -> ModelFamily:
    """The family of this name. Raises `InvalidConfig`, naming all families. There is no default."""
    for family in all_families():
        if family.name == name:
            return family
    known = ", ".join(repr(family.name) for family in all_families())
    raise InvalidConfig(f"The model type {name!r}", [f"it is not one of {known}"])


def family_of(base_model: str) -> ModelFamily | None:
    """The family that a base model's id or ARN belongs to, or None where no family claims it."""
    model_id = model_id_of(base_model)
    return next((family for family in all_families() if family.claims(model_id)), None)


def base_model_of(base_model: str) -> BaseModel | None:
    """The listed model that an id or ARN means, in any of its spellings."""
    family = family_of(base_model)
    return family.model(model_id_of(base_model)) if family else None


def model_id_of(identifier: str) -> str:
    """The base model's id in the ARN of a foundation model or of a custom model; anything else as it is."""
    if "custom-model/" in identifier:
        return identifier.partition("custom-model/")[2].rpartition("/")[0]
    return identifier.rpartition("foundation-model/")[2]


def _loaded(point: EntryPoint) -> ModelFamily:
    try:
        family = point.load()
    except (ImportError, AttributeError) as error:
        raise InvalidConfig(
            _whose(point), [f"{point.value} cannot be loaded: {error}. Fix or uninstall the package"]
        ) from error
    if not isinstance(family, ModelFamily):
        raise InvalidConfig(
            _whose(point), [f"{point.value} is a {type(family).__name__}: it must be a ModelFamily"]
        )
    return family


def _whose(point: EntryPoint) -> str:
    package = f" of the package {point.dist.name!r}" if point.dist else ""
    return f"The model family {point.name!r}{package}"
