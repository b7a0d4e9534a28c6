"""What tells weights from others of the same name on another machine. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

from burnish.engine.fingerprints import fingerprint_of_tensors
from burnish.engine.kind_files import members_of


def tensors_of(weights: Path) -> str:
    """The fingerprint of the tensors alone, of a pool those of its members.

    The other files say also by which version of a library they were written.
    """
    folders = members_of(weights) or {"": weights}
    return " ".join(fingerprint_of_tensors(folders[name]) for name in sorted(folders))
