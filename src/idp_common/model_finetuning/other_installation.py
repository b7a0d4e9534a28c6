"""Upstream's own package in the same environment: two distributions that own one import path."""

from __future__ import annotations

import warnings
from importlib.metadata import PackageNotFoundError, version


def warn_of_other_installation() -> None:
    """Warn whoever imports this package if upstream's is installed as well, and is hidden by it."""
    try:
        found = version("idp_common")
    except PackageNotFoundError:
        return
    warnings.warn(
        f"idp_common {found} is installed as well, and its own model_finetuning is hidden by Burnish's. "
        "Give each an environment of its own, and import from burnish where you want Burnish.",
        RuntimeWarning,
        stacklevel=3,  # the import statement: this function and the package's own module come before it
    )
