"""What Custom Model Import of Amazon Bedrock would refuse of a folder of weights, told before it is uploaded.

As the Bedrock user guide says it (model-customization-import-model): the families of architectures, the
files of Hugging Face's layout, safetensors in plain formats, sizes, and the length of the context.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from burnish.errors import InvalidInput
from burnish.tuned_models.safetensors_files import tensors_in

#: Mistral, Mixtral, Flan, Llama 2 to 3.3 and Mllama, GPTBigCode, Qwen 2 to 3, GPT-OSS.
ARCHITECTURES = frozenset(
    {
        "GPTBigCodeForCausalLM",
        "GptOssForCausalLM",
        "LlamaForCausalLM",
        "MistralForCausalLM",
        "MixtralForCausalLM",
        "MllamaForConditionalGeneration",
        "Qwen2ForCausalLM",
        "Qwen2VLForConditionalGeneration",
        "Qwen2_5_VLForConditionalGeneration",
        "Qwen3ForCausalLM",
        "T5ForConditionalGeneration",
    }
)
MULTIMODAL = frozenset(
    {
        "MllamaForConditionalGeneration",
        "Qwen2VLForConditionalGeneration",
        "Qwen2_5_VLForConditionalGeneration",
    }
)
DTYPES = frozenset({"BF16", "F16", "F32"})
MAX_CONTEXT = 128 * 1024
MAX_TEXT_BYTES, MAX_MULTIMODAL_BYTES = 200 * 10**9, 100 * 10**9
REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-central-1")


def import_refusals(folder: Path) -> list[str]:
    """Why Amazon Bedrock would not import what is in a folder; empty where nothing is known against it."""
    if (folder / "adapter_config.json").is_file():
        return ["it is an adapter: weights are imported that it is merged into (--format merged)"]
    config = _config(folder)
    if config is None:
        return ["config.json is missing, or is no JSON object"]
    return [*_of_config(config), *_of_files(folder), *_of_tensors(folder, config)]


def _config(folder: Path) -> Mapping[str, Any] | None:
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _architectures(config: Mapping[str, Any]) -> list[str]:
    return list(config.get("architectures") or ())


def _of_config(config: Mapping[str, Any]) -> Iterator[str]:
    names = _architectures(config)
    if not ARCHITECTURES.intersection(names):
        yield (
            f"its architecture is {', '.join(names) or 'not named'}: Custom Model Import takes "
            f"{', '.join(sorted(ARCHITECTURES))}"
        )
    context = (config.get("text_config") or config).get("max_position_embeddings")
    if isinstance(context, int) and context > MAX_CONTEXT:
        yield f"its context has {context} tokens: at most {MAX_CONTEXT} are taken"


def _of_files(folder: Path) -> Iterator[str]:
    if not any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer.model")):
        yield "there is no tokenizer: neither tokenizer.json nor tokenizer.model"
    if not (folder / "tokenizer_config.json").is_file():
        yield "tokenizer_config.json is missing"


def _of_tensors(folder: Path, config: Mapping[str, Any]) -> Iterator[str]:
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        yield "there are no *.safetensors: weights in other formats are not taken"
    dtypes: set[str] = set()
    for path in paths:
        try:
            dtypes.update(tensor.dtype for tensor in tensors_in(path).values())
        except InvalidInput as error:
            yield str(error)
    if others := dtypes - DTYPES:
        yield f"it has tensors of {', '.join(sorted(others))}: {', '.join(sorted(DTYPES))} are taken"
    most = MAX_MULTIMODAL_BYTES if MULTIMODAL.intersection(_architectures(config)) else MAX_TEXT_BYTES
    size = sum(path.stat().st_size for path in paths)
    if size > most:
        yield f"its weights have {size / 10**9:.0f} GB: at most {most / 10**9:.0f} are taken"
