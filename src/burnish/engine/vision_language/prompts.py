"""Conversations as a vision-language model is given them: its processor's tokens and images, as tensors."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from jinja2.exceptions import TemplateError
from PIL import Image

from burnish.engine.context_lengths import too_long
from burnish.engine.conversations import Conversation, Turn
from burnish.engine.language_model.chat_template import special_tokens, with_chat_template
from burnish.engine.language_model.network import LanguageModel
from burnish.pages.page_images import decoded_image

#: How often a page is halved before it is given up as too long for the context.
HALVINGS = 4
#: Pages are not made smaller than so many pixels across: nobody could read them.
SMALLEST = 64

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class PagePrompt:
    """A prompt of one conversation: its tokens, what stands beside each of them, and its images."""

    #: (1, length)
    tokens: torch.Tensor
    #: Attention masks, kinds of tokens: as long as the tokens.
    beside: dict[str, torch.Tensor] = field(default_factory=dict)
    images: dict[str, torch.Tensor] = field(default_factory=dict)
    #: What the vision tower made of the images, once it has: then they are not needed any more.
    features: Any = None

    def __len__(self) -> int:
        return int(self.tokens.shape[1])

    def inputs(self, answer: Sequence[int] = ()) -> dict[str, Any]:
        """What the network is given to run the prompt, and an answer after it."""
        added = torch.tensor([list(answer)], dtype=torch.long, device=self.tokens.device)
        beside = {
            name: torch.cat([tensor, torch.full_like(added, name == "attention_mask", dtype=tensor.dtype)], 1)
            for name, tensor in self.beside.items()
        }
        given = {"input_ids": torch.cat([self.tokens, added], dim=1), **beside, **self.images}
        return given if self.features is None else {**given, "mm_encoder_outputs": {"image": self.features}}


class PagePrompts:
    """Makes prompts of conversations, by the processor of a model."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self._special = special_tokens(processor.tokenizer)
        if processor.chat_template is None:
            processor.chat_template = with_chat_template(processor.tokenizer).chat_template
        self._template_writes_images = _writes_images(processor)

    def prompt(self, model: LanguageModel, conversation: Conversation, *, room: int) -> PagePrompt:
        """The prompt of a conversation, with ``room`` for an answer left in the model's context.

        Pages have the size that the processor gives them; where that is too much for the context, they are
        given undivided, or at a half, a quarter, and so on. Raises `InputTooLong` where nothing helps.
        """
        length = 0
        for number, (images, options) in enumerate(self._attempts(conversation)):
            found = self._processed(conversation, images, options)
            length = int(found["input_ids"].shape[1])
            if length + room <= model.context:
                if number:
                    log.info(
                        "Pages are shown smaller, in %d tokens: the context is %d", length, model.context
                    )
                return _as_prompt(found, model)
        raise too_long(f"{length} tokens with its pages at their smallest", context=model.context)

    def _attempts(self, conversation: Conversation) -> Iterator[tuple[list[Image.Image], dict[str, Any]]]:
        """Images and the processor's options, ever smaller."""
        images = [decoded_image(page.image).convert("RGB") for page in conversation.pages]
        yield images, {}
        if not images:
            return
        options = {}
        if getattr(self._processor.image_processor, "do_image_splitting", False):
            options = {"do_image_splitting": False}
            yield images, options
        for _ in range(HALVINGS):
            images = [_halved(image) for image in images]
            yield images, options

    def _processed(
        self, conversation: Conversation, images: Sequence[Image.Image], options: dict[str, Any]
    ) -> dict[str, torch.Tensor]:
        text = self._processor.apply_chat_template(
            [
                {"role": turn.role, "content": self._content(turn, "" if number else conversation.system)}
                for number, turn in enumerate(conversation.turns)
            ],
            tokenize=False,
            add_generation_prompt=not conversation.is_continued,
            continue_final_message=conversation.is_continued,
        )
        # The template has written the special tokens; the tokenizer would put its own before them once more.
        return dict(
            self._processor(
                text=[text],
                images=list(images) or None,
                add_special_tokens=False,
                return_tensors="pt",
                **options,
            )
        )

    def _content(self, turn: Turn, system: str) -> list[dict[str, str]] | str:
        """A turn's pages and then its text; system text stands before the first one's."""
        text = self._harmless("\n\n".join(filter(None, (system, turn.text))))
        if self._template_writes_images:
            return [*({"type": "image"} for _ in turn.pages), {"type": "text", "text": text}]
        return "".join(f"{self._processor.image_token}\n" for _ in turn.pages) + text

    def _harmless(self, text: str) -> str:
        for mark in self._special:
            text = text.replace(mark, " ")
        return text


def with_features(prompt: PagePrompt, network: Any) -> PagePrompt:
    """The prompt with the features of its images in their place, where the architecture takes them."""
    if not prompt.images or "mm_encoder_outputs" not in inspect.signature(network.forward).parameters:
        return prompt
    known = inspect.signature(network.get_image_features).parameters
    given = {name: tensor for name, tensor in prompt.images.items() if name in known}
    with torch.no_grad():
        features = network.get_image_features(**given, return_dict=True)
    sizes = {name: tensor for name, tensor in prompt.images.items() if not name.startswith("pixel_")}
    return replace(prompt, images=sizes, features=features)


def _writes_images(processor: Any) -> bool:
    """Whether the template takes turns as lists with images in them, or only text."""
    content = [{"type": "image"}, {"type": "text", "text": "a"}]
    try:
        written = processor.apply_chat_template([{"role": "user", "content": content}], tokenize=False)
    except (TypeError, TemplateError):
        return False
    return processor.image_token in written


def _as_prompt(found: dict[str, torch.Tensor], model: LanguageModel) -> PagePrompt:
    dtype = next(model.backbone.parameters()).dtype
    placed = {
        name: tensor.to(model.device, dtype if tensor.is_floating_point() else tensor.dtype)
        for name, tensor in found.items()
    }
    tokens = placed.pop("input_ids")
    return PagePrompt(
        tokens=tokens,
        beside={name: tensor for name, tensor in placed.items() if tensor.shape == tokens.shape},
        images={name: tensor for name, tensor in placed.items() if tensor.shape != tokens.shape},
    )


def _halved(image: Image.Image) -> Image.Image:
    width, height = (max(edge // 2, SMALLEST) for edge in image.size)
    return image.resize((width, height), Image.Resampling.BOX)
