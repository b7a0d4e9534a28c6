"""What a stranger's files may not say: each is refused before a library reads it."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from burnish.errors import InvalidInput
from burnish.server.imports.checks import check_files

PLAIN = {"peft_type": "LORA", "r": 4, "target_modules": ["q_proj"], "init_lora_weights": True, "bias": "none"}


@pytest.fixture
def weights(tiny_weights, tmp_path) -> Path:
    folder = tmp_path / "weights"
    shutil.copytree(tiny_weights, folder)
    return folder


def change(path: Path, **members) -> None:
    said = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**said, **members}))


def test_plain_weights_are_taken(weights):
    check_files(weights)


@pytest.mark.attack(
    "Imported models",
    "a config names code of its own (`auto_map`), kernels, or files elsewhere",
    "refused, and no library has read it",
)
@pytest.mark.parametrize(
    ("file", "members"),
    [
        ("config.json", {"auto_map": {"AutoConfig": "evil.Config"}}),
        ("config.json", {"text_config": {"auto_map": {}}}),
        ("config.json", {"_attn_implementation": "someone/kernels"}),
        ("config.json", {"transformers_weights": "/etc/passwd"}),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["evil.Tokenizer", None]}}),
        ("tokenizer_config.json", {"tokenizer_file": "/etc/passwd"}),
    ],
)
def test_a_config_that_names_code_or_other_files_is_refused(weights, file, members):
    change(weights / file, **members)
    with pytest.raises(InvalidInput, match="names code or other files"):
        check_files(weights)


@pytest.mark.attack(
    "Imported models",
    "a config asks for a network that is larger than its weights",
    "refused, before any memory is taken for it",
)
@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"vocab_size": 1 << 40}, "more than any model has"),
        ({"hidden_size": 1 << 20}, "no tensor has the shape of the embeddings"),
        ({"num_hidden_layers": 1000}, "of which the last has no weights"),
        ({"num_hidden_layers": 10**6}, "1 to 1024 are taken"),
        ({"num_hidden_layers": "many"}, "1 to 1024 are taken"),
        ({"architectures": []}, "names no architectures"),
        ({"quantization_config": {"quant_method": "awq"}}, "quantized"),
        ({"text_config": "x"}, "no object"),
    ],
)
def test_a_config_of_another_network_than_the_weights_is_refused(weights, members, message):
    change(weights / "config.json", **members)
    with pytest.raises(InvalidInput, match=message):
        check_files(weights)


@pytest.mark.parametrize("body", ["{", "[]", "[" * 100_000])
def test_what_is_no_json_object_is_refused(weights, body):
    (weights / "generation_config.json").write_text(body)
    with pytest.raises(InvalidInput, match="is no JSON"):
        check_files(weights)


def test_an_index_leads_to_no_other_file(weights):
    change(weights / "model.safetensors.index.json", weight_map={"a": "../../secret.safetensors"})
    with pytest.raises(InvalidInput, match="which is not there"):
        check_files(weights)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"peft_type": "IA3"}, "only LORA is read"),
        ({"auto_mapping": {"parent_library": "os"}}, "names code or other files"),
        ({"target_modules": "(a+)+$"}, "must list the names"),
        ({"target_modules": ["(a+)+$"]}, "must list the names"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights that computes"),
        ({"layer_replication": [[0, 9]]}, "layer_replication: only plain LoRA"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save: only plain LoRA"),
    ],
)
def test_an_adapter_that_is_more_than_one_is_refused(tmp_path, members, message):
    change(tmp_path / "adapter_config.json", **PLAIN)
    check_files(tmp_path)
    change(tmp_path / "adapter_config.json", **members)
    with pytest.raises(InvalidInput, match=message):
        check_files(tmp_path)


@pytest.mark.attack(
    "Imported models", "an archive of arrays that unpacks to gigabytes", "refused, and never unpacked"
)
def test_an_archive_that_unpacks_to_more_than_it_is_is_refused(tmp_path):
    with (tmp_path / "head.npz").open("wb") as file:
        np.savez(file, a=np.zeros(10))
    check_files(tmp_path)
    with zipfile.ZipFile(tmp_path / "head.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(10_000_000))
    with pytest.raises(InvalidInput, match="only plain archives"):
        check_files(tmp_path)
    (tmp_path / "head.npz").write_bytes(b"no archive")
    with pytest.raises(InvalidInput, match="no archive of arrays"):
        check_files(tmp_path)
