"""What a file of safetensors says that it holds, and files that say more than is so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from burnish.errors import InvalidInput
from burnish.tuned_models.safetensors_files import tensors_in


def written(folder: Path, header: object, body: bytes = b"") -> Path:
    encoded = json.dumps(header).encode()
    path = folder / "model.safetensors"
    path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + body)
    return path


def test_tensors_are_told_by_name_dtype_and_shape(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file({"a": torch.zeros(2, 3, dtype=torch.bfloat16), "b": torch.zeros(())}, path, {"format": "pt"})
    found = tensors_in(path)
    assert {name: (one.dtype, one.shape) for name, one in found.items()} == {
        "a": ("BF16", (2, 3)),
        "b": ("F32", ()),
    }


@pytest.mark.parametrize(
    "tensor",
    [
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1 << 62], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]},
        {"dtype": "F32", "shape": [-2], "data_offsets": [8, 0]},
        {"dtype": "object", "shape": [2], "data_offsets": [0, 8]},
    ],
)
def test_a_tensor_that_is_not_where_its_header_says_is_refused(tmp_path, tensor):
    with pytest.raises(InvalidInput, match="'a' is not where its header says"):
        tensors_in(written(tmp_path, {"a": tensor}, b"\0" * 8))


@pytest.mark.parametrize(
    "body", [b"", b"\xff" * 8, (1 << 40).to_bytes(8, "little") + b"{}", b"\x02" + b"\0" * 7 + b"[]"]
)
def test_what_is_no_such_file_is_refused(tmp_path, body):
    path = tmp_path / "model.safetensors"
    path.write_bytes(body)
    with pytest.raises(InvalidInput, match=r"no file of safetensors"):
        tensors_in(path)
