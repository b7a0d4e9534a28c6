"""Models in memory: each loaded when it is first asked, and gone again when nobody asks it any more."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from burnish.engine.inference_messages import IDLE_SECONDS, ModelPlace
from burnish.engine.kind_files import members_of
from burnish.engine.kinds import BaseModels, loaded
from burnish.engine.tunable_model import AnsweringModel
from burnish.engine.typicality import saved_typical_pages
from burnish.page_features.typicality import TypicalPages
from burnish.processes.memory import in_gib, memory_limit

#: Of the memory that there is, models take this share at most; the rest is for trainings and for requests.
SHARE_OF_MEMORY = 0.5
#: Weights are files of bfloat16, and may be computed with in float32.
GROWTH_WHEN_LOADED = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A model that answers, and what pages are typical of its training, where that is known."""

    answering: AnsweringModel
    typical: TypicalPages | None


class LoadedModels:
    """Base models, each in memory once with all that was tuned from it.

    One that nobody has asked for some time is unloaded, and so is what was unused for longest where another
    needs the ``room``, in bytes. The next request loads it again.
    """

    def __init__(
        self,
        *,
        room: int | None = None,
        idle_seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._room = int(memory_limit() * SHARE_OF_MEMORY) if room is None else room
        self._idle_seconds = idle_seconds
        self._clock = clock
        self.bases: BaseModels = {}
        self._models: dict[ModelPlace, LoadedModel] = {}
        self._members: dict[Path, tuple[Path, ...]] = {}
        self._last_used: dict[Path, float] = {}

    def model(self, place: ModelPlace) -> LoadedModel:
        """A model, which is loaded first unless it is in memory."""
        if place.weights not in self.bases:
            self._load_base(place.weights)
        for weights in (place.weights, *self._members[place.weights]):
            self._last_used[weights] = self._clock()
        if place not in self._models:
            self._models[place] = LoadedModel(
                typical=saved_typical_pages(place.tuned),
                answering=self.bases[place.weights].answering(place.tuned),
            )
        return self._models[place]

    def unload_idle(self) -> None:
        """Unload what nobody has asked for too long."""
        limit = self._clock() - self._idle_seconds
        for weights in [one for one, used in self._last_used.items() if used < limit]:
            self._unload(weights, f"nobody asked it for {self._idle_seconds / 60:g} minutes")

    def _load_base(self, weights: Path) -> None:
        members = tuple(members_of(weights).values())
        self._make_room_for(weights, members)
        began = time.monotonic()
        loaded(weights, self.bases)
        self._members |= {weights: members, **dict.fromkeys(members, ())}
        log.info("Loaded %s in %.1f s", weights.name, time.monotonic() - began)

    def _make_room_for(self, weights: Path, members: tuple[Path, ...]) -> None:
        wanted = sum(_size_in_memory(one) for one in {weights, *members} - self.bases.keys())
        others = sorted(self.bases.keys() - {*members}, key=lambda one: self._last_used.get(one, 0.0))
        for one in others:
            if sum(map(_size_in_memory, self.bases)) + wanted <= self._room:
                return
            self._unload(one, f"{weights.name} needs the room: {in_gib(self._room)} are for models")

    def _unload(self, weights: Path, reason: str) -> None:
        """Unload a base model with all that was tuned from it, and the pools that it is a member of."""
        going = {weights, *(pool for pool, members in self._members.items() if weights in members)}
        if not going & self.bases.keys():
            return
        for one in going:
            self.bases.pop(one, None)
            self._members.pop(one, None)
            self._last_used.pop(one, None)
        self._models = {place: model for place, model in self._models.items() if place.weights not in going}
        gc.collect()  # networks refer to themselves
        log.info("Unloaded %s: %s. The next request loads it again", weights.name, reason)


def _size_in_memory(weights: Path) -> int:
    """The bytes that the weights in a folder take at most when they are loaded."""
    return GROWTH_WHEN_LOADED * sum(path.stat().st_size for path in weights.glob("**/*.safetensors"))
