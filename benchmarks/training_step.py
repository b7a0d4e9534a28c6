"""Steps of LoRA training beside those of TRL's SFTTrainer: the same examples, adapter and rate, in turns.

    pip install --target FOLDER --no-deps "trl==1.16.*" "accelerate==1.15.*" "datasets==5.2.*"
    PYTHONPATH=FOLDER python benchmarks/training_step.py [--shared 700 --own 150 --answer 10] [--batches 8 32]

TRL is no dependency; what else it needs is installed with the development requirements. After each of its
steps this process takes one of ours, so that what else the machine does hits both. Prints the seconds of
processor time and of the clock that a step takes, the ratios, and how far the losses are apart; the times of
the first step are left out unless there is no other. The examples are this repository's text, cut to size.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from options import parser_with
from transformers import AutoTokenizer, TrainerCallback

from burnish.engine.catalogue import DEFAULT_MODEL
from burnish.engine.language_model.network import LanguageModel, load_language_model, use_free_cores
from burnish.engine.language_model.training import ADAM_BETAS, LoraTraining, with_adapter
from burnish.engine.language_model.training_step import LoraStep, TokenizedExample
from burnish.engine.weights import prepared_weights

DOCUMENTS = Path(__file__).parent.parent
RATE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Seconds:
    """What a step took."""

    processor: float
    clock: float


@dataclass
class Taken:
    """The steps of one side."""

    seconds: list[Seconds] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    def median(self, clock: str) -> float:
        """The median of the steps after the first, in seconds of one of the clocks."""
        counted = self.seconds[1:] or self.seconds
        return statistics.median(getattr(one, clock) for one in counted)


def main() -> None:
    """Take steps of each batch size and print a row for each."""
    options = parsed_options()
    if options.threads:
        torch.set_num_threads(options.threads)
    else:
        use_free_cores()
    weights = options.weights or prepared_weights(DEFAULT_MODEL)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, TRL: {rival_of(options)}")
    print("| batch | side | processor s | clock s | times faster | loss, first and last step |")
    print("| --- | --- | --- | --- | --- | --- |")
    for size in options.batches:
        compare(weights, size, options)


def compare(weights: Path, size: int, options: argparse.Namespace) -> None:
    """Take steps with batches of one size, in turns, and print both sides."""
    examples = documentation(weights, size * options.steps, options)
    batches = [examples[start : start + size] for start in range(0, len(examples), size)]
    ours, theirs = Taken(), Taken()
    step = our_steps(weights, batches, ours)
    trainer = rival(weights, examples, size, options)
    trainer.add_callback(InTurns(theirs, step))
    trainer.train()
    theirs.losses += [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    apart = max(abs(one / other - 1) for one, other in zip(ours.losses, theirs.losses, strict=True))
    print_row(size, "TRL", theirs, "")
    ratios = " / ".join(
        f"{theirs.median(clock) / ours.median(clock):.1f}" for clock in ("processor", "clock")
    )
    print_row(size, "burnish", ours, ratios)
    print(f"  losses of batch {size} at most {apart:.2%} apart", flush=True)


def rival_of(options: argparse.Namespace) -> str:
    """How the rival computes."""
    dtype = {"weights": "the weights' dtype", "autocast": "float32 under bfloat16 autocast"}
    return (
        f"{dtype[options.rival_format]}, {options.rival_attention} attention, "
        f"up to {options.rival_micro_batch} examples at once"
    )


def print_row(size: int, side: str, taken: Taken, ratios: str) -> None:
    """Print one row of the table."""
    losses = f"{taken.losses[0]:.4f}, {taken.losses[-1]:.4f}"
    seconds = f"{taken.median('processor'):.2f} | {taken.median('clock'):.2f}"
    print(f"| {size} | {side} | {seconds} | {ratios} | {losses} |")


def documentation(weights: Path, count: int, options: argparse.Namespace) -> list[TokenizedExample]:
    """Examples that share a beginning and go on with pieces of their own, all of real text."""
    tokenizer = AutoTokenizer.from_pretrained(weights)
    files = [*sorted(DOCUMENTS.glob("docs/**/*.md")), *sorted(DOCUMENTS.glob("src/burnish/engine/**/*.py"))]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    tokens = tokenizer(text, add_special_tokens=False).input_ids
    shared, rest = tokens[: options.shared], tokens[options.shared :]
    own = options.own + options.answer
    if len(rest) < count * own:
        sys.exit(f"{count} examples need {count * own} tokens; the documentation has {len(rest)}")
    pieces = [rest[number * own : (number + 1) * own] for number in range(count)]
    return [
        TokenizedExample(prompt=(*shared, *piece[: options.own]), answer=tuple(piece[options.own :]))
        for piece in pieces
    ]


def adapted(weights: Path) -> LanguageModel:
    """The model with a fresh adapter: the same for both sides."""
    torch.manual_seed(0)
    return with_adapter(load_language_model(weights), LoraTraining())


def our_steps(weights: Path, batches: Sequence[Sequence[TokenizedExample]], taken: Taken) -> Iterator[None]:
    """Our side of the training, a step each time that the next is asked for."""
    model = adapted(weights)
    model.network.eval()
    step = LoraStep(model)
    learning = [weight for weight in model.network.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=RATE, betas=ADAM_BETAS, weight_decay=0.0)
    for batch in batches:
        begun = now()
        taken.losses.append(step.accumulate_gradients(batch))
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        taken.seconds.append(since(begun))
        yield


def rival(weights: Path, examples: Sequence[TokenizedExample], size: int, options: argparse.Namespace) -> Any:
    """TRL's trainer over the same batches in the same order, without what only costs it time here."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    network = adapted(weights).network
    network.get_base_model().set_attn_implementation(options.rival_attention)
    if options.rival_format == "autocast":
        network.float()
    rows = [
        {"input_ids": [*one.tokens], "labels": [*[-100] * len(one.prompt), *one.answer]} for one in examples
    ]
    at_once = min(size, options.rival_micro_batch)
    config = SFTConfig(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=at_once,
        gradient_accumulation_steps=size // at_once,
        max_steps=options.steps,
        learning_rate=RATE,
        lr_scheduler_type="constant",
        weight_decay=0.0,
        adam_beta1=ADAM_BETAS[0],
        adam_beta2=ADAM_BETAS[1],
        max_grad_norm=1.0,
        max_length=None,
        bf16=options.rival_format == "autocast",
        gradient_checkpointing=False,
        train_sampling_strategy="sequential",
        logging_steps=1,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
    )
    tokenizer = AutoTokenizer.from_pretrained(weights)
    return SFTTrainer(network, args=config, train_dataset=Dataset.from_list(rows), processing_class=tokenizer)


class InTurns(TrainerCallback):  # type: ignore[misc]
    """Times each step of the rival, and then lets ours be taken."""

    def __init__(self, taken: Taken, ours: Iterator[None]) -> None:
        self._taken = taken
        self._ours = ours

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Note when the rival's step begins."""
        self._begun = now()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Note what it took."""
        self._taken.seconds.append(since(self._begun))
        next(self._ours)


def now() -> Seconds:
    """Both clocks."""
    return Seconds(processor=time.process_time(), clock=time.perf_counter())


def since(begun: Seconds) -> Seconds:
    """What has gone by on both clocks."""
    return Seconds(processor=time.process_time() - begun.processor, clock=time.perf_counter() - begun.clock)


def parsed_options() -> argparse.Namespace:
    """The command line."""
    parser = parser_with(__doc__)
    parser.add_argument(
        "--weights", type=Path, help="a folder of weights; the default model's, if none is given"
    )
    parser.add_argument("--shared", type=int, default=700)
    parser.add_argument("--own", type=int, default=150)
    parser.add_argument("--answer", type=int, default=10)
    parser.add_argument("--batches", type=int, nargs="+", default=[8, 32])
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--threads", type=int, help="all free cores, if not given")
    parser.add_argument("--rival-micro-batch", type=int, default=2, help="more than 2 takes gigabytes")
    parser.add_argument("--rival-attention", choices=("sdpa", "eager"), default="sdpa")
    parser.add_argument(
        "--rival-format",
        choices=("weights", "autocast"),
        default="weights",
        help="the weights' own dtype, as we use it, or TRL's default: float32 under bfloat16 autocast",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
