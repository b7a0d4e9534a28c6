"""What Custom Model Import would refuse, told before anything is uploaded."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from burnish.aws.importable_weights import import_refusals


@pytest.fixture
def weights(tiny_weights, tmp_path):
    """A whole model in a folder, whose config a test may change."""
    folder = tmp_path / "weights"
    shutil.copytree(tiny_weights, folder)

    def changed(**members):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **members}))
        return folder

    return changed


def test_nothing_is_known_against_a_llama_in_safetensors(weights):
    assert import_refusals(weights()) == []


@pytest.mark.parametrize(
    ("members", "refusal"),
    [
        (
            {"architectures": ["GemmaForCausalLM"]},
            "its architecture is GemmaForCausalLM: .* LlamaForCausalLM",
        ),
        ({"architectures": None}, "its architecture is not named"),
        ({"max_position_embeddings": 262144}, "its context has 262144 tokens: at most 131072"),
    ],
)
def test_what_the_config_says_may_be_refused(weights, members, refusal):
    (found,) = import_refusals(weights(**members))
    assert re.search(refusal, found)


@pytest.mark.parametrize(
    ("file", "refusal"),
    [
        ("tokenizer.json", "there is no tokenizer"),
        ("tokenizer_config.json", "tokenizer_config.json is missing"),
        ("model.safetensors", r"there are no \*.safetensors"),
        ("config.json", "config.json is missing"),
    ],
)
def test_what_is_missing_is_named(weights, file, refusal):
    folder = weights()
    (folder / file).unlink()
    (found,) = import_refusals(folder)
    assert re.search(refusal, found)


def test_an_adapter_is_to_be_merged_first(weights):
    folder = weights()
    (folder / "adapter_config.json").write_text("{}")
    assert import_refusals(folder) == [
        "it is an adapter: weights are imported that it is merged into (--format merged)"
    ]
