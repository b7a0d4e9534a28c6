"""Training steps on a CUDA card, beside TRL's where it is installed: seconds, memory, and the card's name.

    python benchmarks/gpu.py [--models 135M 1.7B] [--batches 8 32] [--steps 8]
    PYTHONPATH=FOLDER python benchmarks/gpu.py   # TRL: benchmarks/training_step.py says how

Random weights of each model's shape in bfloat16, an adapter of rank 8 on the upper two thirds, random tokens:
700 are shared, 160 each example's own. A side's first step is shown apart from the median of its others.
"segment by segment" is how rows run on a processor: on a card, a row under one mask should win. Needs no
network and no weights; needs one card, of which it uses what memory it finds.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from options import parser_with
from transformers import (
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    TrainerCallback,
)

from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.tiny_model import write_tiny_model
from burnish.engine.language_model.training import ADAM_BETAS, LoraTraining, with_adapter
from burnish.engine.language_model.training_step import LoraStep, TokenizedExample

SHARED, OWN, ANSWER = 700, 150, 10
VOCABULARY = 49_152
RATE = 1e-4
DEVICE = torch.device("cuda")
GIB = 2**30
#: SmolLM2's shapes, and Llama 3.1's largest that one card takes.
SHAPES: dict[str, dict[str, int]] = {
    "135M": {"hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30, "heads": 9, "kv": 3},
    "1.7B": {"hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 24, "heads": 32, "kv": 32},
    "8B": {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "heads": 32, "kv": 8},
}


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What the steps of one side took."""

    seconds: tuple[float, ...]
    peak: int
    loss: float

    @property
    def usual(self) -> float:
        """The median of the steps after the first."""
        return statistics.median(self.seconds[1:] or self.seconds)


Side = Callable[[str, Sequence[Sequence[TokenizedExample]]], tuple[list[float], list[float]]]


def main() -> None:
    """Measure every model and batch size on every side, and print a row for each."""
    options = parsed_options()
    if not torch.cuda.is_available():
        sys.exit("benchmarks/gpu.py needs a CUDA card, and torch finds none here")
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    print("| model | batch | side | s a step | first step, s | memory, GiB | loss of the last step |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for name in options.models:
        for size in options.batches:
            batches = drawn_batches(size, options.steps)
            for side, run in sides().items():
                found = measured(run, name, batches)
                print(f"| {name} | {size} | {side} | {in_cells(found)} |", flush=True)


def sides() -> dict[str, Side]:
    """Who is measured."""
    ours: dict[str, Side] = {
        "burnish": lambda name, batches: our_steps(name, batches, masked=True),
        "burnish, segment by segment": lambda name, batches: our_steps(name, batches, masked=False),
    }
    return {"TRL": rival_steps, **ours} if find_spec("trl") else ours


def measured(run: Side, name: str, batches: Sequence[Sequence[TokenizedExample]]) -> Measured | None:
    """What a side took; None where the card has too little memory for it."""
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    try:
        seconds, losses = run(name, batches)
    except torch.OutOfMemoryError:
        return None
    return Measured(seconds=tuple(seconds), peak=torch.cuda.max_memory_allocated(), loss=losses[-1])


def in_cells(found: Measured | None) -> str:
    """The cells of a row."""
    if not found:
        return "out of memory | | | "
    return f"{found.usual:.3f} | {found.seconds[0]:.2f} | {found.peak / GIB:.1f} | {found.loss:.4f}"


def drawn_batches(size: int, count: int) -> list[list[TokenizedExample]]:
    """Batches of random tokens whose prompts share a beginning: the same for all sides."""
    generator = torch.Generator().manual_seed(0)

    def drawn(length: int) -> tuple[int, ...]:
        return tuple(torch.randint(2, VOCABULARY, (length,), generator=generator).tolist())

    shared = drawn(SHARED)
    return [
        [TokenizedExample(prompt=(*shared, *drawn(OWN)), answer=drawn(ANSWER)) for _ in range(size)]
        for _ in range(count)
    ]


def adapted(name: str) -> LanguageModel:
    """A network of random weights on the card, with a fresh adapter: the same for all sides."""
    shape = dict(SHAPES[name])
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        num_attention_heads=shape.pop("heads"),
        num_key_value_heads=shape.pop("kv"),
        max_position_embeddings=8192,
        tie_word_embeddings=name != "8B",
        pad_token_id=0,
        **shape,
    )
    torch.manual_seed(0)
    with DEVICE:
        network = LlamaForCausalLM._from_config(config, dtype=torch.bfloat16)  # noqa: SLF001 - takes a dtype
    network.requires_grad_(requires_grad=False).eval()
    model = LanguageModel(network=network, tokenizer=None, device=DEVICE)
    return with_adapter(model, LoraTraining())


def our_steps(
    name: str, batches: Sequence[Sequence[TokenizedExample]], *, masked: bool
) -> tuple[list[float], list[float]]:
    """The seconds and the losses of our steps."""
    model = adapted(name)
    step = LoraStep(model, masked=masked)
    learning = [weight for weight in model.network.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=RATE, betas=ADAM_BETAS, weight_decay=0.0, fused=True)
    seconds, losses = [], []
    for batch in batches:
        begun = time.perf_counter()
        losses.append(step.accumulate_gradients(batch))
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - begun)
    return seconds, losses


def rival_steps(name: str, batches: Sequence[Sequence[TokenizedExample]]) -> tuple[list[float], list[float]]:
    """The seconds and the losses of TRL's steps over the same batches, each at once."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    rows = [
        {"input_ids": [*one.tokens], "labels": [*[-100] * len(one.prompt), *one.answer]}
        for batch in batches
        for one in batch
    ]
    config = SFTConfig(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=len(batches[0]),
        max_steps=len(batches),
        learning_rate=RATE,
        lr_scheduler_type="constant",
        weight_decay=0.0,
        optim="adamw_torch_fused",
        adam_beta2=ADAM_BETAS[1],
        max_length=None,
        bf16=True,
        gradient_checkpointing=False,
        train_sampling_strategy="sequential",
        logging_steps=1,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
    )
    trainer = SFTTrainer(
        adapted(name).network,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=any_tokenizer(),
    )
    stopwatch = Stopwatch()
    trainer.add_callback(stopwatch)
    trainer.train()
    return stopwatch.seconds, [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def any_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer, which a trainer asks for and does not use: the examples are tokens already."""
    return AutoTokenizer.from_pretrained(write_tiny_model(Path(tempfile.mkdtemp())))


class Stopwatch(TrainerCallback):  # type: ignore[misc]
    """Times the steps of a trainer."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Note when a step begins."""
        torch.cuda.synchronize()
        self._begun = time.perf_counter()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Note what it took."""
        torch.cuda.synchronize()
        self.seconds.append(time.perf_counter() - self._begun)


def parsed_options() -> argparse.Namespace:
    """The command line."""
    parser = parser_with(__doc__)
    parser.add_argument("--models", nargs="+", choices=SHAPES, default=["135M", "1.7B"])
    parser.add_argument("--batches", type=int, nargs="+", default=[8, 32])
    parser.add_argument("--steps", type=int, default=8)
    return parser.parse_args()


if __name__ == "__main__":
    main()
