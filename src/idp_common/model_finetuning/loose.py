"""Dataclasses that are made and changed as freely as upstream's, and know what Burnish says of the same."""

from __future__ import annotations

from typing import Any, Self

from idp_common.model_finetuning.deprecation import deprecated


class LooseConfig:
    """A config that takes arguments by position and may be changed after it was made, with a warning."""

    def __new__(cls, *positional: object, **_: object) -> Self:
        if positional:
            deprecated(f"Giving the arguments of {cls.__name__} by position", "name them")
        return super().__new__(cls)

    def __setattr__(self, name: str, value: object) -> None:
        if name in vars(self):
            deprecated(
                f"Setting {name} of a {type(self).__name__} that was made before",
                "make it with all that it has, or use dataclasses.replace",
            )
        super().__setattr__(name, value)


class ToldResult:
    """A result with upstream's attributes; every other is looked up in Burnish's own result, ``told``."""

    #: None where the caller has made it.
    told: Any = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the attributes of `told`
        if self.told is None or name.startswith("__"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.told, name)
