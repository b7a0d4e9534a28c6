"""Which files of a folder are fetched, and which folders are no model."""

from __future__ import annotations

import pytest

from burnish.errors import InvalidInput
from burnish.server.imports.taken_files import MAX_SMALL_BYTES, taken_files

WEIGHTS = dict.fromkeys(("config.json", "model.safetensors", "tokenizer.json", "burnish/decision.json"), 10)
ADAPTER = dict.fromkeys(("burnish.json", "smol/adapter_config.json", "smol/adapter_model.safetensors"), 10)


@pytest.mark.parametrize("files", [WEIGHTS, ADAPTER])
def test_the_files_of_a_model_are_taken_and_no_others(files):
    others = ["evil.py", "pytorch_model.bin", "kind.json", "model.pt", ".hidden.safetensors"]
    others += ["../up.safetensors", "/root.safetensors", "a/b/c/d/decision.json", "x.gguf"]
    assert taken_files({**files, **dict.fromkeys(others, 10)}) == files


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "the folder is empty"),
        ({"config.json": 1, "pytorch_model.bin": 1}, "Pickled weights"),
        ({**WEIGHTS, "tokenizer.json": MAX_SMALL_BYTES + 1}, "tokenizer.json has .* bytes: at most"),
    ],
)
def test_what_is_no_model_is_refused(files, message):
    with pytest.raises(InvalidInput, match=message):
        taken_files(files)
