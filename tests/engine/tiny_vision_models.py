"""Tiny vision-language models of random weights, with the real processors of their architectures."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageDraw
from transformers import (
    AutoConfig,
    AutoModelForImageTextToText,
    AutoTokenizer,
    Idefics3Processor,
    LlavaNextProcessor,
    LlavaProcessor,
    Qwen2VLProcessor,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from burnish.engine.conversations import Conversation, Turn
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.training import LoraTraining, with_adapter
from burnish.engine.pages import PageContent

#: Of a page of pixels: the tower sees 32 x 32 of them at a time, in patches of 8.
EDGE, PATCH = 32, 8
TEXT = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "initializer_range": 0.2,
    "bos_token_id": None,
    "eos_token_id": 1,
    "pad_token_id": None,
}
TOWER = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": EDGE,
    "initializer_range": 0.2,
    "patch_size": PATCH,
}


def write_vision_model(name: str, folder: Path, tokenizer: Path) -> Path:
    """The folder with a tiny model of an architecture, and its processor."""
    model, processor = vision_model(name, tokenizer)
    model.network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def vision_model(name: str, tokenizer: Path) -> tuple[LanguageModel, Any]:
    """A tiny model of an architecture, and its processor."""
    processor = PROCESSORS[name](AutoTokenizer.from_pretrained(tokenizer))
    image = processor.tokenizer.convert_tokens_to_ids(processor.image_token)
    config = AutoConfig.for_model(
        name,
        vision_config=VISION[name],
        image_token_id=image,
        image_token_index=image,
        pad_token_id=None,
        **{"text_config": {**TEXT, "vocab_size": len(processor.tokenizer)}, **OTHERS[name]},
    )
    if name == "qwen2_vl":
        config.text_config.vocab_size = len(processor.tokenizer)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = AutoModelForImageTextToText.from_config(config, dtype=torch.float32)
    network.requires_grad_(requires_grad=False).eval()
    device = torch.device("cpu")
    return LanguageModel(network=network, tokenizer=processor.tokenizer, device=device), processor


def with_random_adapter(model: LanguageModel, *, seed: int = 0) -> LanguageModel:
    """The model with an adapter of random numbers."""
    tuned = with_adapter(model, LoraTraining(rank=2))
    torch.manual_seed(seed)
    for name, weight in tuned.network.named_parameters():
        if "lora_B" in name:
            weight.data = 0.1 * torch.randn(weight.shape)
    return tuned


def page(*, dark: bool = True, size: tuple[int, int] = (80, 100)) -> PageContent:
    """A page with a box on it."""
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).rectangle((5, 5, 40, 60), fill=0 if dark else 200)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return PageContent(image=stream.getvalue())


def asked(*pages: PageContent, text: str = "Which type?") -> Conversation:
    """A question about pages."""
    return Conversation(system="You sort documents.", turns=(Turn(role="user", text=text, pages=pages),))


def _idefics3(tokenizer: Any) -> Any:
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": 2 * EDGE}, max_image_size={"longest_edge": EDGE}, resample=1
    )
    return Idefics3Processor(images, tokenizer, image_seq_len=(EDGE // PATCH // 2) ** 2)


def _llava(tokenizer: Any) -> Any:
    tokenizer.add_tokens("<image>", special_tokens=True)
    size = {"height": EDGE, "width": EDGE}
    images = CLIPImageProcessorPil(size={"shortest_edge": EDGE}, crop_size=size)
    return LlavaProcessor(
        images,
        tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    )


def _llava_next(tokenizer: Any) -> Any:
    tokenizer.add_tokens("<image>", special_tokens=True)
    size = {"height": EDGE, "width": EDGE}
    images = LlavaNextImageProcessorPil(
        size={"shortest_edge": EDGE}, crop_size=size, image_grid_pinpoints=PINPOINTS
    )
    return LlavaNextProcessor(
        images,
        tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    )


class QwenImages(Qwen2VLProcessor):
    """Qwen's processor without the part for videos, which is all in it that needs torchvision."""

    def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
        if argument is not None:
            return super().check_argument_for_proper_class(argument_name, argument)
        return None


def _qwen2_vl(tokenizer: Any) -> Any:
    tokenizer.add_tokens(
        ["<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>"], special_tokens=True
    )
    images = Qwen2VLImageProcessorPil(
        patch_size=PATCH, size={"shortest_edge": EDGE * EDGE, "longest_edge": 4 * EDGE * EDGE}
    )
    return QwenImages(images, tokenizer, None, chat_template=QWEN_TEMPLATE)


#: As Qwen's: images stand between two tokens of their own.
QWEN_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
PINPOINTS = [[EDGE, 2 * EDGE], [2 * EDGE, EDGE], [2 * EDGE, 2 * EDGE]]
CLIP = {"model_type": "clip_vision_model", **TOWER}
PROCESSORS = {"idefics3": _idefics3, "llava": _llava, "llava_next": _llava_next, "qwen2_vl": _qwen2_vl}
VISION: dict[str, dict[str, Any]] = {
    "idefics3": TOWER,
    "llava": CLIP,
    "llava_next": CLIP,
    "qwen2_vl": {"embed_dim": 32, "hidden_size": 64, "depth": 2, "num_heads": 4, "patch_size": PATCH},
}
OTHERS: dict[str, dict[str, Any]] = {
    "idefics3": {"scale_factor": 2},
    "llava": {"vision_feature_select_strategy": "default", "vision_feature_layer": -1},
    "llava_next": {
        "vision_feature_select_strategy": "default",
        "vision_feature_layer": -1,
        "image_grid_pinpoints": PINPOINTS,
    },
    "qwen2_vl": {
        "text_config": {
            **{name: value for name, value in TEXT.items() if name != "model_type"},
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 2, 4]},
        }
    },
}
