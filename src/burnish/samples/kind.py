"""What a kind of document is: two sides, for training and held out, that share nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from burnish.samples.drawing import Look
from burnish.samples.facts import Facts
from burnish.samples.sheets import Sheet


class Wording(Protocol):
    """The fixed words of one page: its title where it carries one, and whatever else the kind needs."""

    @property
    def title(self) -> str | None: ...


Words = TypeVar("Words", bound=Wording)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What one page is written with: its chance, its facts and its look."""

    rng: random.Random
    facts: Facts
    look: Look
    #: What stands on the page that is to be read off it: filled by whoever writes it there.
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Side(Generic[Words]):
    """The pages of one side: any wording may stand in any layout.

    Several of both, so that neither a place on the page nor a phrase is enough to tell the type.
    """

    wordings: tuple[Words, ...]
    layouts: tuple[Callable[[Words, Draft], Sheet], ...]


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[Words]):
    """A type of document. The held-out side uses other wordings and other layouts than the training side.

    With shared ones a model could score by recognising a template, and the score would say nothing about
    documents that nobody has shown it.
    """

    label: str
    description: str
    training: Side[Words]
    held_out: Side[Words]
    #: The fields that its pages have, in the order in which they are written beside them.
    fields: tuple[str, ...] = ()


AnyKind = Kind[Any]
