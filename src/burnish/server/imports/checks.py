"""What a stranger's files must not say before a library reads them: they name code, places, or much memory.

Libraries that load models do what the files say: fetch code (``auto_map``), read other files, make layers.
So what they may say is checked here, by names and bounds, and what is not known to be harmless is refused.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from burnish.errors import InvalidInput
from burnish.tuned_models.model_manifest import EXCLUDED_MODULES
from burnish.tuned_models.safetensors_files import Tensor, tensors_in

#: Members of configs that name code, or files beside those that are checked.
_FORBIDDEN = frozenset(
    {"auto_map", "auto_mapping", "custom_pipelines", "merges_file", "tokenizer_file", "transformers_weights"}
    | {"use_kernels", "vocab_file"}
)
#: Nothing that a model is made of is larger; what is, would be made of memory.
_MAX_INTEGER = 1 << 28
_MAX_LAYERS = 1024
#: Members of an adapter's config that make it a plain one; any other must be empty.
_PLAIN_ADAPTER = frozenset(
    {"base_model_name_or_path", "fan_in_fan_out", "inference_mode", "init_lora_weights", "lora_alpha"}
    | {"lora_dropout", "megatron_core", "peft_type", "peft_version", "qalora_group_size", "r", "revision"}
    | {"target_modules", "task_type", "use_rslora"}
)
_EMPTY: tuple[Any, ...] = (None, False, "none", {}, [])
_EXCLUDED = ("exclude_modules", EXCLUDED_MODULES)
_MODULE = re.compile(r"[A-Za-z0-9_.]{1,200}")


def check_files(folder: Path) -> None:
    """Raise `InvalidInput` where a file of an imported model is damaged, or says what it must not."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".json":
            _check_json(path, json_in(path))
        elif path.suffix == ".npz":
            _check_arrays(path)
    tensors = {path.name: tensors_in(path) for path in sorted(folder.rglob("*.safetensors"))}
    for path in folder.rglob("adapter_config.json"):
        _check_adapter(path, json_in(path))
    if (folder / "config.json").is_file():
        names = {name: one for found in tensors.values() for name, one in found.items()}
        _check_config(json_in(folder / "config.json"), names)
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        named = set((json_in(index).get("weight_map") or {}).values())
        if missing := sorted(map(str, named - set(tensors))):
            raise InvalidInput(f"{index.name} names {missing[0]!a}, which is not there")


def json_in(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises `InvalidInput`."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path.name} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{path.name} is no JSON object")
    return found


def _check_json(path: Path, found: Mapping[str, Any]) -> None:
    # A vocabulary has any words as its keys; what reads it takes nothing else from the file.
    if path.name in ("tokenizer.json", "vocab.json", "page-features.json"):
        return
    for name, value in _members(found):
        if value is not None and (name in _FORBIDDEN or "attn_implementation" in name):
            raise InvalidInput(
                f"{path.name} has the member {name!a}, which names code or other files: take it out"
            )
        if isinstance(value, int) and abs(value) > _MAX_INTEGER and name != "model_max_length":
            raise InvalidInput(f"{path.name} has {name!a} {value}, more than any model has")


def _members(found: object) -> Iterator[tuple[str, object]]:
    """The members of an object and of those in it."""
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            yield from one.items()
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _check_arrays(path: Path) -> None:
    """An archive of arrays is as large as it looks: what is packed tighter may unpack to any size."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise InvalidInput(f"{path.name} is no archive of arrays: {error}") from error
    size = path.stat().st_size
    if any(one.compress_type != zipfile.ZIP_STORED or one.file_size > size for one in entries):
        raise InvalidInput(f"{path.name} is packed: only plain archives of arrays are read")


def _check_adapter(path: Path, found: Mapping[str, Any]) -> None:
    if found.get("peft_type") != "LORA":
        raise InvalidInput(f"{path.name} is of the type {found.get('peft_type')!a}: only LORA is read")
    others = [
        name
        for name, value in found.items()
        if name not in _PLAIN_ADAPTER and value not in _EMPTY and (name, value) != _EXCLUDED
    ]
    if others:
        raise InvalidInput(f"{path.name} has {', '.join(sorted(others))}: only plain LoRA is read")
    modules = found.get("target_modules")
    if not isinstance(modules, list) or not all(
        isinstance(one, str) and _MODULE.fullmatch(one) for one in modules
    ):
        raise InvalidInput(f"{path.name} must list the names of its target_modules")
    if found.get("init_lora_weights") not in (True, False):
        raise InvalidInput(f"{path.name} has an init_lora_weights that computes: only true or false is read")


def _check_config(config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """The network that a config makes is the one whose tensors are there, and no larger."""
    if not config.get("architectures"):
        raise InvalidInput("config.json names no architectures")
    if config.get("quantization_config"):
        raise InvalidInput("the weights are quantized: import them in BF16, F16 or F32")
    text = config.get("text_config") or config
    if not isinstance(text, Mapping):
        raise InvalidInput("config.json has a text_config that is no object")
    layers = text.get("num_hidden_layers")
    if not isinstance(layers, int) or not 0 < layers <= _MAX_LAYERS:
        raise InvalidInput(f"config.json has num_hidden_layers {layers!a}: 1 to {_MAX_LAYERS} are taken")
    if not any(f".{layers - 1}." in name for name in tensors):
        raise InvalidInput(f"config.json names {layers} layers, of which the last has no weights")
    embedding = (text.get("vocab_size"), text.get("hidden_size"))
    if embedding not in {one.shape for one in tensors.values()}:
        raise InvalidInput(f"no tensor has the shape of the embeddings that config.json names, {embedding}")
