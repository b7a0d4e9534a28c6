"""A step of training a vision-language model: packed, beside one example after another as it was before.

    python benchmarks/vision_step.py
    python benchmarks/vision_step.py --batch 8 --steps 3 --edge 256

The language part is SmolLM2-135M, which has the shape of SmolVLM-256M's. The tower is a tiny one of random
weights, for what it makes of a page is computed once and kept, in either way. Both ways take turns in one
process, on the same pages, from the same adapter.
"""

from __future__ import annotations

import argparse
import io
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from options import parser_with
from PIL import Image
from transformers import AutoConfig, AutoModelForImageTextToText, AutoTokenizer, Idefics3Processor
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

from burnish.engine.catalogue import DEFAULT_MODEL
from burnish.engine.conversations import Conversation, Turn
from burnish.engine.language_model.dtypes import dtype_for
from burnish.engine.language_model.network import LanguageModel, load_language_model
from burnish.engine.language_model.training import LoraTraining, with_adapter
from burnish.engine.pages import PageContent
from burnish.engine.vision_language.prompts import PagePrompts
from burnish.engine.vision_language.training import (
    PageExample,
    PageStep,
    PromptCache,
    gradients_one_by_one,
)
from burnish.engine.weights import prepared_weights
from burnish.records import answer_for, classification_prompt

LABELS = ("invoice", "letter", "memo", "form", "report", "resume", "news_article", "specification")
#: A tile of a page, in pixels, is this many tokens across after the tower, as in SmolVLM.
TILE, PATCH, ACROSS = 64, 4, 8

Way = Callable[[Sequence[PageExample]], float]


def main() -> None:
    options = parsed_options()
    model, prompts = vision_model()
    torch.manual_seed(0)
    tuned = with_adapter(model, LoraTraining())
    cache = PromptCache(tuned, prompts)
    batches = [examples(tuned, options.batch, options.edge, seed) for seed in range(options.steps + 1)]
    lengths = [len(cache.prompt(one)) for batch in batches for one in batch]
    step = PageStep(tuned, cache)
    ways: dict[str, Way] = {
        "one by one": lambda batch: gradients_one_by_one(tuned, batch, cache),
        "packed": step.accumulate_gradients,
    }
    print(f"{torch.get_num_threads()} threads, {next(tuned.backbone.parameters()).dtype}")
    print(f"{min(lengths)} to {max(lengths)} tokens a prompt, {options.batch} pages in a batch\n")
    print(table(timed(tuned, ways, batches)))
    print(f"Micro-batches: {step.found()['limit']}")


def parsed_options() -> argparse.Namespace:
    parser = parser_with(__doc__)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--edge", type=int, default=192, help="of a page, in pixels: 64 are a tile")
    return parser.parse_args()


def vision_model() -> tuple[LanguageModel, PagePrompts]:
    """A model that sees, with SmolLM2 as its language part."""
    weights = prepared_weights(DEFAULT_MODEL)
    language = load_language_model(weights)
    tokenizer = AutoTokenizer.from_pretrained(weights, local_files_only=True)
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": 4 * TILE}, max_image_size={"longest_edge": TILE}, resample=1
    )
    processor = Idefics3Processor(images, tokenizer, image_seq_len=ACROSS**2)
    text = language.network.config
    tower = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4}
    config = AutoConfig.for_model(
        "idefics3",
        vision_config={**tower, "image_size": TILE, "patch_size": PATCH},
        text_config={**text.to_dict(), "vocab_size": len(tokenizer)},
        image_token_id=tokenizer.convert_tokens_to_ids(processor.image_token),
        scale_factor=TILE // PATCH // ACROSS,
    )
    dtype = dtype_for(weights, language.device)
    network = AutoModelForImageTextToText.from_config(config, dtype=dtype).eval()
    network.requires_grad_(requires_grad=False).resize_token_embeddings(text.vocab_size)
    network.get_decoder().load_state_dict(language.backbone.state_dict())
    network.resize_token_embeddings(len(tokenizer))
    network.requires_grad_(requires_grad=False).to(language.device)
    return LanguageModel(network=network, tokenizer=tokenizer, device=language.device), PagePrompts(processor)


def examples(model: LanguageModel, count: int, edge: int, seed: int) -> list[PageExample]:
    """Pages of noise, each another, with what is asked about them."""
    chance = random.Random(seed)  # noqa: S311
    prompt = classification_prompt(LABELS)
    found = []
    for _ in range(count):
        size = (edge - chance.randrange(TILE), edge)
        stream = io.BytesIO()
        Image.frombytes("L", size, chance.randbytes(size[0] * size[1])).save(stream, "PNG")
        turn = Turn(role="user", text=prompt.task, pages=(PageContent(image=stream.getvalue()),))
        answer = tuple(model.answer_tokens(answer_for(chance.choice(LABELS))))
        asked = Conversation(system=prompt.system, turns=(turn,))
        found.append(PageExample(conversation=asked, answer=answer))
    return found


def timed(
    model: LanguageModel, ways: dict[str, Way], batches: Sequence[Sequence[PageExample]]
) -> dict[str, list[Any]]:
    """The processor seconds, clock seconds and loss of each step but the first, by the way that it went."""
    found: dict[str, list[Any]] = {name: [] for name in ways}
    for number, batch in enumerate(batches):
        for name in list(ways) if number % 2 else list(ways)[::-1]:
            began, clock = time.process_time(), time.perf_counter()
            loss = ways[name](batch)
            seconds = time.process_time() - began, time.perf_counter() - clock
            model.network.zero_grad(set_to_none=True)
            if number:
                found[name].append((*seconds, loss))
    return found


def table(found: dict[str, list[Any]]) -> str:
    """Medians, and how far losses are apart at most."""
    lines = ["| way | processor s | clock s | losses |", "| --- | --- | --- | --- |"]
    for name, steps in found.items():
        processor, clock, losses = zip(*steps, strict=True)
        said = ", ".join(f"{loss:.4f}" for loss in losses)
        lines.append(
            f"| {name} | {statistics.median(processor):.2f} | {statistics.median(clock):.2f} | {said} |"
        )
    before, after = found.values()
    times = [one[0] / other[0] for one, other in zip(before, after, strict=True)]
    apart = max(abs(one[2] - other[2]) / one[2] for one, other in zip(before, after, strict=True))
    lines.append(f"\n{statistics.median(times):.2f} times faster ({min(times):.2f} to {max(times):.2f});")
    lines.append(f"losses at most {apart:.2%} apart")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
