"""What a folder of weights that Burnish has made says of itself: the kind of model, and a pool's members."""

from __future__ import annotations

from pathlib import Path

import msgspec

from burnish.errors import ModelFailed

FILE = "kind.json"


class KindFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The name of a kind; of a pool, the folders of its members' weights, by their names."""

    kind: str
    members: dict[str, str] = {}


def kind_file(weights: Path) -> KindFile | None:
    """What a folder of weights says of itself; None of Hugging Face's layout. Raises `ModelFailed`."""
    path = weights / FILE
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=KindFile)
    except msgspec.DecodeError as error:
        raise unknown_kind(weights, error) from error


def write_kind_file(said: KindFile, weights: Path) -> None:
    """Write into a folder of weights what it is."""
    (weights / FILE).write_bytes(msgspec.json.encode(said))


def members_of(weights: Path) -> dict[str, Path]:
    """The folders of the weights of a pool's members, by their names; none of any other kind."""
    said = kind_file(weights)
    return {name: Path(folder) for name, folder in said.members.items()} if said else {}


def unknown_kind(weights: Path, error: Exception) -> ModelFailed:
    """The error for a kind that this version does not have, or cannot read."""
    return ModelFailed(
        f"{weights / FILE} names no kind of model that this version knows ({error}): update Burnish, or "
        "remove the folder and start the server again"
    )
