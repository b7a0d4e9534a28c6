"""Pages whose label is decided in a second, beside `generate` of transformers as one writes it.

    python benchmarks/deciding.py
    python benchmarks/deciding.py --pages 48 --adapter FOLDER

An adapter is trained first on pages of the same kind, so that what is generated names a label at all; with
`--adapter` it is kept in a folder and used again. All ways are given the same tokens, by the same weights in
the same dtype, in turns: each once in every round.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from at_once import WORDS
from options import parser_with
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from burnish.engine.catalogue import open_model
from burnish.engine.conversations import Conversation, Example, TrainingData, Turn
from burnish.engine.inference_messages import Choice, ModelPlace
from burnish.engine.kinds import kind_of, save_tuned
from burnish.engine.language_model.network import load_language_model
from burnish.engine.model_runner import ModelRunner
from burnish.engine.pages import page_of_text
from burnish.engine.tunable_model import Progress
from burnish.engine.weights import prepared_weights
from burnish.records import ClassificationPrompt, answer_for, classification_prompt, label_of

#: What tells the pages of a type, among words that tell nothing.
SIGNS = {
    "invoice": "invoice vat net",
    "letter": "dear sincerely yours",
    "memo": "memorandum cc staff",
    "form": "tick box applicant",
    "report": "summary findings annex",
    "resume": "curriculum skills degree",
    "news_article": "reporter said yesterday",
    "specification": "tolerance shall mm",
}
CHOICE = Choice(name="type", labels=classification_prompt(tuple(SIGNS)).labels)
BATCH = 8
HYPERPARAMETERS = {"epochCount": "3", "learningRate": "0.002", "batchSize": "8", "lineDropout": "0"}

Way = Callable[[Sequence[Conversation]], list[str | None]]


def main() -> None:
    options = parsed_options()
    weights = prepared_weights(open_model(options.model))
    with tempfile.TemporaryDirectory() as scratch:
        adapter = options.adapter or Path(scratch) / "adapter"
        if not adapter.exists():
            train(weights, adapter, options)
        compare(weights, adapter, options)


def parsed_options() -> argparse.Namespace:
    parser = parser_with(__doc__)
    parser.add_argument("--model", default="HuggingFaceTB/SmolLM2-135M-Instruct")
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--training", type=int, default=12, help="pages of each type")
    parser.add_argument("--descriptions", type=int, default=0, help="words that say what each type means")
    parser.add_argument("--pages", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def train(weights: Path, folder: Path, options: argparse.Namespace) -> None:
    """Train an adapter on pages of every type, and save it."""
    chance, prompt = random.Random(1), prompt_with(options.descriptions)  # noqa: S311
    examples = [
        Example(conversation=asked(page(label, chance), prompt), answer=answer_for(label))
        for _ in range(options.training)
        for label in SIGNS
    ]
    data = TrainingData(training=tuple(examples))
    model = kind_of(weights).load(weights)
    progress = Progress(on_step=lambda step: print(f"loss {step.loss:.3f}"), on_validation=lambda _: None)
    folder.mkdir()
    save_tuned(model.train(data, model.settings(HYPERPARAMETERS, data), progress=progress), folder)


def page(label: str, chance: random.Random) -> str:
    """The text of a page of a type."""
    words = chance.choices(WORDS, k=70) + chance.choices(SIGNS[label].split(), k=12)
    chance.shuffle(words)
    return " ".join(words)


def prompt_with(words: int) -> ClassificationPrompt:
    """What is asked about each page: with so many words of description for each type."""
    chance = random.Random(3)  # noqa: S311
    described = {label: " ".join(chance.choices(WORDS, k=words)) for label in SIGNS}
    return classification_prompt(tuple(SIGNS), described)


def asked(text: str, prompt: ClassificationPrompt) -> Conversation:
    """A page as Burnish asks about it."""
    turn = Turn(role="user", text=prompt.task, pages=(page_of_text(text),))
    return Conversation(system=prompt.system, turns=(turn,))


def compare(weights: Path, adapter: Path, options: argparse.Namespace) -> None:
    """Print how many pages each way decides in a second, and how many labels are those of `generate`."""
    ways = all_ways(weights, adapter)
    chance, prompt = random.Random(2), prompt_with(options.descriptions)  # noqa: S311
    rates: dict[str, list[float]] = {name: [] for name in ways}
    same, right = dict.fromkeys(ways, 0), dict.fromkeys(ways, 0)
    for number in range(-1, options.rounds):
        labels = chance.choices(list(SIGNS), k=options.pages if number >= 0 else 2)
        pages = [asked(page(label, chance), prompt) for label in labels]
        found = {}
        for name, way in ways.items():
            began = time.perf_counter()
            found[name] = way(pages)
            if number >= 0:  # the round before loads what is loaded when first needed
                rates[name].append(len(pages) / (time.perf_counter() - began))
        for name, answers in found.items() if number >= 0 else ():
            same[name] += sum(map(str.__eq__, map(str, answers), map(str, found[next(iter(ways))])))
            right[name] += sum(map(str.__eq__, map(str, answers), labels))
    count = options.pages * options.rounds
    slowest = rates[next(iter(ways))]
    print(f"{torch.get_num_threads()} threads\n")
    print("| | pages/s | times | same labels | right |\n| --- | --- | --- | --- | --- |")
    for name, rate in rates.items():
        times = statistics.median(one / other for one, other in zip(rate, slowest, strict=True))
        print(
            f"| {name} | {statistics.median(rate):.2f} | {times:.1f} | {same[name]} of {count} |"
            f" {right[name]} of {count} |"
        )


def all_ways(weights: Path, adapter: Path) -> dict[str, Way]:
    """The ways to decide, that of most people first."""
    ours = load_language_model(weights)
    network = AutoModelForCausalLM.from_pretrained(weights, dtype=ours.network.dtype)
    network = PeftModel.from_pretrained(network, adapter).eval()
    tokenizer = AutoTokenizer.from_pretrained(weights, padding_side="left")
    runner, place = ModelRunner(), ModelPlace(weights=weights, tuned=adapter)

    def generated(pages: Sequence[Conversation], size: int) -> list[str | None]:
        texts: list[str] = []
        for some in batches(pages, size):
            prompts = [ours.prompt_tokens(one) for one in some]
            inputs = tokenizer.pad({"input_ids": prompts}, return_tensors="pt")
            output = network.generate(**inputs, max_new_tokens=24, do_sample=False)
            texts += tokenizer.batch_decode(
                output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True
            )
        return [label_of(text) for text in texts]

    def decided(pages: Sequence[Conversation], size: int) -> list[str | None]:
        answers = [runner.decide(place, some, CHOICE) for some in batches(pages, size)]
        return [json.loads(answer.text)["type"] for some in answers for answer in some]

    return {
        "`generate`, page by page": lambda pages: generated(pages, 1),
        f"`generate`, {BATCH} pages at a time": lambda pages: generated(pages, BATCH),
        "burnish, page by page": lambda pages: decided(pages, 1),
        f"burnish, {BATCH} pages at a time": lambda pages: decided(pages, BATCH),
    }


def batches(pages: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """The pages, so many at a time."""
    return [pages[start : start + size] for start in range(0, len(pages), size)]


if __name__ == "__main__":
    main()
