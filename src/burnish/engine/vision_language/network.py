"""A vision-language model with its processor, from a folder of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING
from transformers.utils import is_torchvision_available

from burnish.engine.cores import use_free_cores
from burnish.engine.language_model.dtypes import dtype_for
from burnish.engine.language_model.network import LanguageModel, require_all_tensors, require_cache, unfit
from burnish.errors import ModelFailed


def load_vision_language_model(weights: Path) -> tuple[LanguageModel, Any]:
    """The model in a folder of weights, in evaluation mode, and its processor.

    To what trains and asks it, it is a language model whose inputs may have images among them. Raises
    `ModelFailed` for an architecture that cannot be trained and asked here, and for a processor that needs
    a package which is not installed.
    """
    use_free_cores()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    config = AutoConfig.from_pretrained(weights, local_files_only=True)
    if type(config) not in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING:
        raise unfit(", ".join(config.architectures), "is no model of images and text")
    network, found = AutoModelForImageTextToText.from_pretrained(
        weights, dtype=dtype_for(weights, device), local_files_only=True, output_loading_info=True
    )
    require_all_tensors(found)
    network.requires_grad_(requires_grad=False).to(device).eval()
    require_cache(network)
    processor = load_processor(weights)
    return LanguageModel(network=network, tokenizer=processor.tokenizer, device=device), processor


def load_processor(weights: Path) -> Any:
    """The processor in a folder of weights. Raises `ModelFailed` where it needs torchvision and has none."""
    try:
        return AutoProcessor.from_pretrained(weights, local_files_only=True)
    except (ImportError, AttributeError) as error:
        # Without torchvision, transformers fails in ways of its own where a processor also takes videos.
        if is_torchvision_available():
            raise
        raise ModelFailed(
            "The processor of this model needs torchvision, in the version that goes with torch: "
            f"pip install torchvision ({error})"
        ) from error
