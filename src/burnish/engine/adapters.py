"""Any number of adapters in one network, so that the base weights are in memory once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from burnish.tuned_models.model_manifest import ANSWERS

#: A frozen dataclass whose ``network`` is one of transformers, or such a one with adapters of peft.
ModelT = TypeVar("ModelT", bound=Any)

#: peft's name for no adapter, in a batch whose rows have different ones.
BASE = "__base__"


def is_merged(tuned: Path | None, weights: Path) -> bool:
    """Whether what was learned is in the weights themselves, and there is no adapter."""
    return tuned == weights / ANSWERS


class AdaptedNetwork(Generic[ModelT]):
    """A base model with any number of adapters in its network."""

    def __init__(self, base: ModelT) -> None:
        self._base = base
        self._names: dict[Path, str] = {}

    def add(self, adapter: Path) -> None:
        """Load an adapter, unless it is loaded: in the dtype of the network, which is the one it computes in.

        In float32, as peft has it, its small products take as long as the large ones in bfloat16, and every
        input is copied for them.
        """
        from peft import PeftModel

        if adapter in self._names:
            return
        name = f"adapter-{len(self._names)}"
        if isinstance(self._base.network, PeftModel):
            self._base.network.load_adapter(adapter, adapter_name=name, autocast_adapter_dtype=False)
        else:
            network = PeftModel.from_pretrained(
                self._base.network, adapter, adapter_name=name, autocast_adapter_dtype=False
            )
            self._base = replace(self._base, network=network.eval())
        self._names[adapter] = name

    @contextmanager
    def using(self, adapter: Path | None) -> Iterator[ModelT]:
        """The model with this adapter active, and no other; with none, as the base model."""
        network = self._base.network
        if adapter and network.active_adapter != self._names[adapter]:  # which goes through all layers
            network.set_adapter(self._names[adapter])
        plain = adapter is None and hasattr(network, "disable_adapter")
        with network.disable_adapter() if plain else nullcontext():
            yield self._base

    @contextmanager
    def using_each(self, adapters: Sequence[Path | None]) -> Iterator[tuple[ModelT, dict[str, Any]]]:
        """The model for rows that have these adapters, and what its network is to be told of them."""
        if len(set(adapters)) == 1:
            with self.using(adapters[0]) as model:
                yield model, {}
        else:
            names = [self._names[one] if one else BASE for one in adapters]
            yield self._base, {"adapter_names": names}
