"""What a file of safetensors says that it holds, checked against its size. No tensor is read.

The layout: eight bytes with the length of a header, the header as JSON, and the bytes of the tensors.
"""

from __future__ import annotations

import math
from pathlib import Path

import msgspec

from burnish.errors import InvalidInput

#: As the library that reads tensors allows.
MAX_HEADER_BYTES = 100_000_000
_BITS = {
    **dict.fromkeys(("F64", "I64", "U64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "I8", "U8", "BOOL"), 8),
}


class Tensor(msgspec.Struct, frozen=True):
    """The dtype and the shape of a tensor, and where its bytes lie behind the header."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


def tensors_in(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, by their names. Raises `InvalidInput` where it is not as it says."""
    header, rest = _header(path)
    try:
        found = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
        found.pop("__metadata__", None)
        tensors = {name: msgspec.json.decode(one, type=Tensor) for name, one in found.items()}
    except msgspec.DecodeError as error:
        raise InvalidInput(f"{path.name} is no file of safetensors: {error}") from error
    for name, tensor in tensors.items():
        begin, end = tensor.data_offsets
        bits = math.prod(tensor.shape) * _BITS.get(tensor.dtype, 0)
        whole = min((0, *tensor.shape)) == 0 and 0 <= begin <= end <= rest and bits == 8 * (end - begin)
        if not whole:
            raise InvalidInput(f"{path.name} is damaged: the tensor {name!a} is not where its header says")
    return tensors


def _header(path: Path) -> tuple[bytes, int]:
    """The header of a file, and how many bytes follow it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, MAX_HEADER_BYTES):
            raise InvalidInput(f"{path.name} is no file of safetensors, or it is cut off")
        return file.read(length), size - 8 - length
