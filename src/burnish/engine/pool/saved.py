"""What a tuned pool keeps beside the folders of its members: who they are, and how much each counts."""

from __future__ import annotations

from pathlib import Path

import msgspec

from burnish.engine.pages import Reading
from burnish.errors import ModelFailed

FILE = "pool.json"


class SavedMember(msgspec.Struct, frozen=True, kw_only=True):
    """A member, whose own files lie in the sub-folder of its name."""

    name: str
    weight: float
    reading: Reading


class SavedPool(msgspec.Struct, frozen=True, kw_only=True):
    """The members that took part in a training, and the labels that they decide among together."""

    labels: tuple[str, ...]
    members: tuple[SavedMember, ...]


def save_pool(pool: SavedPool, folder: Path) -> None:
    """Write the description of a pool into its folder."""
    (folder / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(pool), indent=1))


def load_pool(folder: Path) -> SavedPool:
    """The description of the pool in a folder. Raises `ModelFailed` where it is missing or damaged."""
    path = folder / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=SavedPool)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelFailed(
            f"{path} is damaged ({error}): put back a copy from a backup that `burnish backup` has made"
        ) from error
