"""GGUF files, read back by the library of llama.cpp and, with another reader, by transformers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config, Qwen2ForCausalLM
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

from burnish.engine.gguf_files import write_gguf
from burnish.engine.gguf_vocabulary import RULES, restore_splitting, vocabulary_in
from burnish.engine.merging import portable_config
from burnish.errors import InvalidInput

NUMBERS = "In 2020, due: 20"
TEXT = "Total due: 12 EUR\nDear Sir, it's 1999"


@pytest.fixture
def portable(tiny_weights, tmp_path) -> Path:
    """A tiny model, with the config that earlier versions of transformers read."""
    folder = tmp_path / "weights"
    shutil.copytree(tiny_weights, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"rope_theta": config["rope_parameters"]["rope_theta"], "rope_scaling": None}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture
def read(portable, tmp_path) -> gguf.GGUFReader:
    write_gguf(portable, tmp_path / "model.gguf", name="papers")
    return gguf.GGUFReader(tmp_path / "model.gguf")


def field(read: gguf.GGUFReader, name: str):
    return read.fields[name].contents()


def test_every_tensor_is_in_the_file_with_its_values(portable, read):
    stored = load_file(portable / "model.safetensors")
    assert len(read.tensors) == len(stored)
    found = {one.name: gguf.quants.dequantize(one.data, one.tensor_type) for one in read.tensors}
    for ours, theirs in (
        ("model.embed_tokens.weight", "token_embd.weight"),
        ("model.layers.0.mlp.down_proj.weight", "blk.0.ffn_down.weight"),
        ("model.layers.1.self_attn.v_proj.weight", "blk.1.attn_v.weight"),
        ("model.norm.weight", "output_norm.weight"),
    ):
        assert np.array_equal(found[theirs], stored[ours].float().numpy())


def test_a_file_tells_the_tokenizer_and_the_template(portable, read):
    tokenizer = AutoTokenizer.from_pretrained(portable, local_files_only=True)
    assert field(read, "general.name") == "papers"
    assert field(read, "tokenizer.ggml.model") == "gpt2"
    assert field(read, "tokenizer.ggml.pre") == "gpt-2"
    assert field(read, "tokenizer.ggml.eos_token_id") == tokenizer.eos_token_id
    assert field(read, "tokenizer.chat_template") == tokenizer.chat_template
    tokens = field(read, "tokenizer.ggml.tokens")
    assert [tokens[number] for number in tokenizer(TEXT).input_ids] == tokenizer.tokenize(TEXT)


def test_another_reader_computes_the_same_with_it(portable, read, tmp_path):
    assert read
    inputs = torch.tensor([AutoTokenizer.from_pretrained(portable).encode(TEXT)])
    ours = AutoModelForCausalLM.from_pretrained(portable, dtype=torch.float32)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="model.gguf", dtype=torch.float32)
    with torch.no_grad():
        assert torch.allclose(ours(inputs).logits, theirs(inputs).logits, atol=1e-4)


def test_another_reader_computes_the_same_with_qwen_2(portable, tmp_path):
    """Its linear maps have biases, and its heads are turned by halves."""
    size = len(AutoTokenizer.from_pretrained(portable))
    config = Qwen2Config(
        vocab_size=size,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.2,
        bos_token_id=None,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ours = Qwen2ForCausalLM(config).eval()
        for name, weight in ours.named_parameters():
            if name.endswith("bias"):
                torch.nn.init.normal_(weight)
    (portable / "model.safetensors").unlink()
    ours.save_pretrained(portable)
    said = portable_config(json.loads((portable / "config.json").read_text()))
    (portable / "config.json").write_text(json.dumps(said))
    write_gguf(portable, tmp_path / "model.gguf", name="papers")
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="model.gguf", dtype=torch.float32)
    inputs = torch.tensor([AutoTokenizer.from_pretrained(portable).encode(TEXT)])
    with torch.no_grad():
        torch.testing.assert_close(theirs(inputs).logits, ours(inputs).logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"architectures": ["GemmaForCausalLM"]}, "GemmaForCausalLM is not written as GGUF"),
        ({"rope_scaling": {"rope_type": "llama3"}}, r"scaled positions \(llama3\)"),
    ],
)
def test_what_is_not_written_is_refused_by_name(portable, tmp_path, members, message):
    config = json.loads((portable / "config.json").read_text())
    (portable / "config.json").write_text(json.dumps({**config, **members}))
    with pytest.raises(InvalidInput, match=message):
        write_gguf(portable, tmp_path / "model.gguf", name="papers")


BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True}
DIGITS = {"type": "Digits", "individual_digits": True}


def split_by(expression: str) -> dict[str, object]:
    return {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False}


def tokenizer_that_splits(folder: Path, rule: object) -> Path:
    model = {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": [["a", "b"]]}
    added = [{"id": 2, "content": "<|end|>", "special": True}]
    said = {"model": model, "added_tokens": added, "normalizer": None, "pre_tokenizer": rule}
    (folder / "tokenizer.json").write_text(json.dumps(said))
    return folder


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (BYTES, "gpt-2"),
        ({"type": "Sequence", "pretokenizers": [DIGITS, BYTES]}, "smollm"),
        (
            {
                "type": "Sequence",
                "pretokenizers": [split_by(PRETOKENIZE_REGEX), {**BYTES, "use_regex": False}],
            },
            "qwen2",
        ),
    ],
)
def test_the_rule_that_splits_text_is_found_by_what_it_does(tmp_path, rule, name):
    found = vocabulary_in(tokenizer_that_splits(tmp_path, rule), 4)
    assert (found.splitting, found.tokens, found.types) == (
        name,
        ("a", "b", "<|end|>", "[PAD3]"),
        (1, 1, 3, 5),
    )
    assert found.merges == ("a b",)


@pytest.mark.parametrize(
    "rule",
    [
        None,
        {"type": "Metaspace"},
        {**BYTES, "add_prefix_space": True},
        {"type": "Sequence", "pretokenizers": [{**DIGITS, "individual_digits": False}, BYTES]},
        {"type": "Sequence", "pretokenizers": [split_by("x"), {**BYTES, "use_regex": False}]},
    ],
)
def test_a_rule_that_splits_text_otherwise_is_refused(tmp_path, rule):
    with pytest.raises(InvalidInput, match="none of gpt-2, smollm"):
        vocabulary_in(tokenizer_that_splits(tmp_path, rule), 4)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_that_is_restored_is_the_one_that_was_written(portable, tmp_path, name):
    """transformers alone loses that of SmolLM."""
    expected = with_rule(portable, name)
    write_gguf(portable, tmp_path / "model.gguf", name="papers")
    converted = tmp_path / "converted"
    AutoTokenizer.from_pretrained(tmp_path, gguf_file="model.gguf").save_pretrained(converted)
    lost = Tokenizer.from_file(str(converted / "tokenizer.json")).encode(NUMBERS).tokens
    restore_splitting(converted, tmp_path / "model.gguf")
    restored = Tokenizer.from_file(str(converted / "tokenizer.json"))
    assert restored.encode(NUMBERS).tokens == expected.encode(NUMBERS).tokens
    assert restored.decode(restored.encode(NUMBERS).ids) == NUMBERS
    assert (lost == expected.encode(NUMBERS).tokens) == (name != "smollm")


def with_rule(folder: Path, name: str) -> Tokenizer:
    """The tokenizer in a folder, changed to split text by a rule, and to have a token of two digits."""
    path = folder / "tokenizer.json"
    said = json.loads(path.read_text())
    said["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": RULES[name]}
    model = said["model"]
    place = model["vocab"].pop("".join(model["merges"].pop()))
    model["vocab"]["20"] = place
    model["merges"].append(["2", "0"])
    path.write_text(json.dumps(said))
    return Tokenizer.from_file(str(path))


def test_a_file_with_an_unknown_rule_is_refused(portable, tmp_path):
    writer = gguf.GGUFWriter(tmp_path / "model.gguf", "llama")
    writer.add_tokenizer_pre("chameleon")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(InvalidInput, match=r"model\.gguf .* by the rule chameleon"):
        restore_splitting(portable, tmp_path / "model.gguf")
