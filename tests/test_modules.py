"""Every module can be imported, on each Python and with the extras that are installed."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import burnish
import idp_common

#: What only the engine imports, and a machine without one lacks.
ENGINE = {"gguf", "peft", "torch", "transformers"}


def names_of_modules() -> list[str]:
    packages = (burnish, idp_common)
    return [
        module.name
        for package in packages
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not module.name.endswith("__main__")  # which is a run of the command line
    ]


def test_every_module_is_imported():
    names = names_of_modules()
    assert len(names) > 300
    missing: dict[str, str | None] = {}
    for name in names:
        try:
            import_module(name)
        except ModuleNotFoundError as error:
            missing[name] = error.name
    assert {name: needed for name, needed in missing.items() if needed not in ENGINE} == {}
