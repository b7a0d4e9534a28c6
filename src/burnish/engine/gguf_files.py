"""A whole model in Hugging Face's layout as one GGUF file, as llama.cpp and what is built on it read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.disk import reporting_full_disk
from burnish.engine.gguf_vocabulary import Vocabulary, vocabulary_in
from burnish.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The names that GGUF has for architectures whose blocks are built as Llama's.
ARCHITECTURES: Mapping[str, str] = {
    "LlamaForCausalLM": "llama",
    "MistralForCausalLM": "llama",
    "Qwen2ForCausalLM": "qwen2",
}
#: llama.cpp turns neighbouring numbers of a head of these, and transformers one of either half.
_TURNS_NEIGHBOURS = frozenset({"llama"})


def write_gguf(folder: Path, to: Path, *, name: str) -> None:
    """Write the model in a folder into a file, tensors in their own dtypes, all in memory at once.

    Raises `InvalidInput` for an architecture or a tokenizer that is not written, and `DiskFull`.
    """
    import gguf

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    architecture = _architecture(config)
    vocabulary = vocabulary_in(folder, config["vocab_size"])
    writer = gguf.GGUFWriter(to, architecture)
    writer.add_type("model")
    writer.add_name(name)
    _add_shape(writer, config)
    _add_vocabulary(writer, vocabulary, folder)
    for tensor, values, dtype in _tensors(folder, config, architecture):
        writer.add_tensor(tensor, gguf.quants.quantize(values, dtype), raw_dtype=dtype)
    with reporting_full_disk(to.parent):
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def _architecture(config: Mapping[str, Any]) -> str:
    """GGUF's name for the architecture. Raises `InvalidInput` for what is not written."""
    given = (config.get("architectures") or ["none"])[0]
    if given not in ARCHITECTURES:
        raise InvalidInput(f"{given} is not written as GGUF, but {', '.join(ARCHITECTURES)} are")
    if scaling := config.get("rope_scaling"):
        kind = scaling.get("rope_type", scaling.get("type"))
        raise InvalidInput(f"{given} with scaled positions ({kind}) is not written as GGUF")
    return ARCHITECTURES[given]


def _add_shape(writer: Any, config: Mapping[str, Any]) -> None:
    heads = config["num_attention_heads"]
    head = config.get("head_dim") or config["hidden_size"] // heads
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_rope_dimension_count(head)
    writer.add_vocab_size(config["vocab_size"])


def _add_vocabulary(writer: Any, vocabulary: Vocabulary, folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary.splitting)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    adders = {
        tokenizer.bos_token_id: writer.add_bos_token_id,
        tokenizer.unk_token_id: writer.add_unk_token_id,
        tokenizer.pad_token_id: writer.add_pad_token_id,
        tokenizer.eos_token_id: writer.add_eos_token_id,
    }
    for token, add in adders.items():
        if token is not None:
            add(token)
    first = tokenizer("a").input_ids[0]
    writer.add_add_bos_token(first == tokenizer.bos_token_id)
    if tokenizer.chat_template:
        writer.add_chat_template(tokenizer.chat_template)


def _tensors(
    folder: Path, config: Mapping[str, Any], architecture: str
) -> Iterator[tuple[str, NDArray[np.float32], Any]]:
    """Each tensor by its name in GGUF, as float32, and the dtype that it is to have in the file."""
    import gguf

    kind = next(one for one, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture)
    names = gguf.get_tensor_name_map(kind, config["num_hidden_layers"])
    dtypes = {"BF16": gguf.GGMLQuantizationType.BF16, "F16": gguf.GGMLQuantizationType.F16}
    plain = gguf.GGMLQuantizationType.F32
    for key, values, stored in _stored(folder):
        name = names.get_name(key, try_suffixes=(".weight", ".bias"))
        if name is None:
            raise InvalidInput(f"the tensor {key} has no place in a GGUF file of {architecture}")
        # As llama.cpp wants it of what is added or multiplied, and not multiplied as a matrix.
        dtype = dtypes.get(stored, plain) if values.ndim > 1 else plain
        yield name, _as_turned(key, values, config, architecture), dtype


def _stored(folder: Path) -> Iterator[tuple[str, NDArray[np.float32], str]]:
    """Each tensor by its name, as float32, and the name of the dtype that it is stored in."""
    from safetensors import safe_open

    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            for key in file.keys():  # noqa: SIM118 - it is no mapping
                yield key, file.get_tensor(key).float().numpy(), file.get_slice(key).get_dtype()


def _as_turned(
    key: str, values: NDArray[np.float32], config: Mapping[str, Any], architecture: str
) -> NDArray[np.float32]:
    """A tensor whose rows stand in the order in which llama.cpp turns them by their positions."""
    heads = {"q_proj": config["num_attention_heads"], "k_proj": config.get("num_key_value_heads")}
    count = next((number for part, number in heads.items() if f".{part}." in key), None)
    if architecture not in _TURNS_NEIGHBOURS or count is None:
        return values
    halves = values.reshape(count, 2, values.shape[0] // count // 2, *values.shape[1:])
    return halves.swapaxes(1, 2).reshape(values.shape)
