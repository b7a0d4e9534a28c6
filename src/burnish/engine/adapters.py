"""Any number of adapters in one network, so that the base weights are in memory once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar

#: A frozen dataclass whose ``network`` is one of transformers, or such a one with adapters of peft.
ModelT = TypeVar("ModelT", bound=Any)


class AdaptedNetwork(Generic[ModelT]):
    """A base model with any number of adapters in its network."""

    def __init__(self, base: ModelT) -> None:
        self._base = base
        self._names: dict[Path, str] = {}

    def add(self, adapter: Path) -> None:
        """Load an adapter, unless it is loaded."""
        from peft import PeftModel

        if adapter in self._names:
            return
        name = f"adapter-{len(self._names)}"
        if isinstance(self._base.network, PeftModel):
            self._base.network.load_adapter(adapter, adapter_name=name)
        else:
            network = PeftModel.from_pretrained(self._base.network, adapter, adapter_name=name).eval()
            self._base = replace(self._base, network=network)
        self._names[adapter] = name

    @contextmanager
    def using(self, adapter: Path | None) -> Iterator[ModelT]:
        """The model with this adapter active, and no other; with none, as the base model."""
        network = self._base.network
        if adapter:
            network.set_adapter(self._names[adapter])
        plain = adapter is None and hasattr(network, "disable_adapter")
        with network.disable_adapter() if plain else nullcontext():
            yield self._base
