"""Training a LoRA adapter, read from top to bottom.

Tokens come in, an adapter folder goes out. The loop knows nothing of requests, stores or S3; it reports its
progress through callbacks. The examples of a batch share a long prefix, which is run once (`prefix`).
LoRA: Hu et al., arXiv 2106.09685.
"""

from __future__ import annotations

import errno
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import SafetensorError
from transformers import DynamicCache

from burnish.disk import reporting_full_disk
from burnish.engine.language_model.architecture import blocks_of, is_transposed, linear_names
from burnish.engine.language_model.network import PAGE_TOKENS, LanguageModel
from burnish.engine.language_model.page_tokens import CutPages
from burnish.engine.language_model.prefix import (
    PrefixRunner,
    backpropagate,
    detached,
    expanded,
    shared_length,
    suffix_inputs,
)
from burnish.engine.tunable_model import ChosenSetting, Progress, Step, Validation

#: Trainings are short: the second moment must forget the large gradients of the first steps, in which the
#: model learns the form of the answers, before those that teach it the labels are over.
ADAM_BETAS = (0.9, 0.99)

#: Sequences that go through the network at once. The gradients of a batch are accumulated over its
#: micro-batches, so memory does not grow with the batch size; on two cores larger ones are not faster.
MICRO_BATCH = 4


@dataclass(frozen=True, kw_only=True)
class LoraTraining:
    """How to train."""

    epochs: int = 2
    batch_size: int = 8
    learning_rate: float = 1e-3
    warmup_steps: int = 4
    rank: int = 8
    seed: int = 0
    #: The share of the layers, from the top, that get an adapter. Gradients stop below them.
    trained_share: float = 2 / 3
    #: The share of a page's lines that is dropped in each epoch (`line_dropout`).
    line_dropout: float = 0.2
    #: How many tokens of a page the model is given (`page_tokens`), and what that leaves out.
    page_tokens: int = PAGE_TOKENS
    pages: CutPages = field(default_factory=CutPages)
    chosen: tuple[ChosenSetting, ...] = ()

    def steps(self, examples: int) -> int:
        """One for each batch of each epoch."""
        return self.epochs * math.ceil(examples / self.batch_size)


@dataclass(frozen=True, kw_only=True)
class TokenizedExample:
    """The tokens of one example: a prompt, and the answer to learn."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]


ExampleT = TypeVar("ExampleT")
#: The examples of an epoch, by its number: always as many, and each time the same or varied ones.
Epochs = Callable[[int], Sequence[TokenizedExample]]


def train(
    model: LanguageModel,
    training: Epochs,
    validation: Sequence[TokenizedExample],
    *,
    settings: LoraTraining,
    progress: Progress,
    starting_from: Path | None = None,
) -> LanguageModel:
    """The model with a trained adapter: a fresh one, or the adapter of a folder, trained further.

    Neither the base weights nor the folder are changed.
    """
    tuned = with_any_adapter(model, settings, starting_from)
    prefixes = PrefixRunner(tuned.backbone, tuned.device)
    optimize(
        tuned.network,
        training,
        accumulate=lambda batch: accumulate_gradients(tuned, batch, prefixes),
        validate=(lambda: validation_loss(tuned, validation, prefixes)) if validation else None,
        settings=settings,
        progress=progress,
    )
    return tuned


def optimize(
    network: Any,
    training: Callable[[int], Sequence[ExampleT]],
    *,
    accumulate: Callable[[Sequence[ExampleT]], float],
    validate: Callable[[], float] | None,
    settings: LoraTraining,
    progress: Progress,
) -> None:
    """Train what learns in a network on the examples of each epoch.

    ``accumulate`` adds a batch's gradients and returns its loss; ``validate`` returns the validation loss.
    """
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=settings.learning_rate, betas=ADAM_BETAS, weight_decay=0.0)
    shuffler = random.Random(settings.seed)  # noqa: S311 - an order of examples, not a secret
    # The dropout of some architectures stays off: a prefix is run once for all examples, which is the plain
    # step only where the same tokens give the same numbers. What varies the examples is `line_dropout`.
    network.eval()
    number = 0
    for epoch in range(settings.epochs):
        examples = training(epoch)
        total = settings.steps(len(examples))
        for batch in batches(examples, settings.batch_size, shuffler):
            multiplier = learning_rate_multiplier(number, total, settings.warmup_steps)
            for group in optimizer.param_groups:
                group["lr"] = settings.learning_rate * multiplier
            loss = accumulate(batch)
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            progress.on_step(Step(number=number, epoch=epoch, total=total, loss=loss))
            number += 1
        if validate:
            progress.on_validation(Validation(step=number - 1, epoch=epoch, loss=validate()))


def with_any_adapter(
    model: LanguageModel, settings: LoraTraining, starting_from: Path | None
) -> LanguageModel:
    """The model with the adapter of a folder, to be trained further, or with a fresh one."""
    # A fresh adapter is drawn from torch's generator; the order of the examples has one of its own.
    torch.manual_seed(settings.seed)
    return with_saved_adapter(model, starting_from) if starting_from else with_adapter(model, settings)


def with_adapter(model: LanguageModel, settings: LoraTraining) -> LanguageModel:
    """The model with a fresh adapter on the linear maps of its upper blocks.

    Where the decoder has no list of blocks, on all of its linear maps. The experts of a mixture that are
    one tensor for all of them are no linear maps, and stay as they are.
    """
    blocks = blocks_of(model.backbone)
    first = len(blocks) - max(1, round(len(blocks) * settings.trained_share))
    names = linear_names(model.network, blocks[first:] or [model.backbone])
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=2 * settings.rank,
        lora_dropout=0.0,
        target_modules=names,
        fan_in_fan_out=is_transposed(model.network, names),
        task_type="CAUSAL_LM",
    )
    return replace(model, network=get_peft_model(model.network, config))


def with_saved_adapter(model: LanguageModel, folder: Path) -> LanguageModel:
    """The model with the adapter of a folder, to be trained further; its rank is what it is."""
    # Without `is_trainable` peft loads adapters frozen, and a training would change nothing and say nothing.
    network = PeftModel.from_pretrained(model.network, str(folder), is_trainable=True)
    return replace(model, network=network)


def batches(examples: Sequence[ExampleT], size: int, shuffler: random.Random) -> Iterator[list[ExampleT]]:
    """The examples in a new order, ``size`` at a time."""
    order = shuffler.sample(range(len(examples)), len(examples))
    for start in range(0, len(order), size):
        yield [examples[index] for index in order[start : start + size]]


def learning_rate_multiplier(step: int, total: int, warmup: int) -> float:
    """What the learning rate is multiplied by at a step: linear warmup, then cosine decay to a tenth."""
    warmup = min(warmup, total // 2)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    done = (step - warmup) / max(1, total - warmup)
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * done))


def accumulate_gradients(
    model: LanguageModel, batch: Sequence[TokenizedExample], prefixes: PrefixRunner | None = None
) -> float:
    """Add the batch's gradients and return its loss, the mean cross-entropy of the answers' tokens.

    The prefix that the prompts share is run once, forward and backward; the suffixes go through in
    micro-batches. ``prefixes`` caches across steps what the frozen layers compute.
    """
    prefixes = prefixes or PrefixRunner(model.backbone, model.device)
    prefix_length = shared_prompt_length(batch)
    prefix = prefixes.run(batch[0].prompt[:prefix_length])
    leaves = detached(prefix)
    # Over the whole batch: a mean for each micro-batch would give short answers in a small one more weight.
    count = sum(len(example.answer) for example in batch)
    total = 0.0
    for start in range(0, len(batch), MICRO_BATCH):
        loss = summed_loss(model, batch[start : start + MICRO_BATCH], leaves, prefix_length) / count
        loss.backward()
        total += loss.item()
    backpropagate(leaves, prefix)
    return total


def shared_prompt_length(batch: Sequence[TokenizedExample]) -> int:
    """How many leading tokens the prompts share, leaving each at least its last token to run."""
    # The hidden state at a prompt's last token predicts the answer's first; a cache holds no hidden states.
    shortest = min(len(example.prompt) for example in batch)
    return min(shared_length([example.prompt for example in batch]), shortest - 1)


def summed_loss(
    model: LanguageModel, examples: Sequence[TokenizedExample], prefix: DynamicCache, prefix_length: int
) -> torch.Tensor:
    """The summed cross-entropy of the answers' tokens, given the cache of the prefix."""
    suffixes = [(*example.prompt[prefix_length:], *example.answer) for example in examples]
    rows: list[int] = []
    columns: list[int] = []
    targets: list[int] = []
    for row, example in enumerate(examples):
        first = len(example.prompt) - prefix_length - 1
        rows += [row] * len(example.answer)
        columns += range(first, first + len(example.answer))
        targets += example.answer
    logits = model.logits_at(
        torch.tensor(rows),
        torch.tensor(columns),
        **suffix_inputs(suffixes, expanded(prefix, len(examples)), prefix_length, model.device),
    )
    return torch.nn.functional.cross_entropy(
        logits.float(), torch.tensor(targets, device=logits.device), reduction="sum"
    )


@torch.no_grad()  # type: ignore[untyped-decorator]
def validation_loss(
    model: LanguageModel, examples: Sequence[TokenizedExample], prefixes: PrefixRunner | None = None
) -> float:
    """The mean cross-entropy over all answer tokens of the examples; their shared prefix is run once."""
    prefixes = prefixes or PrefixRunner(model.backbone, model.device)
    prefix_length = shared_prompt_length(examples)
    prefix = prefixes.run(examples[0].prompt[:prefix_length])
    total = 0.0
    for start in range(0, len(examples), MICRO_BATCH):
        total += summed_loss(model, examples[start : start + MICRO_BATCH], prefix, prefix_length).item()
    return total / sum(len(example.answer) for example in examples)


def save_adapter(model: LanguageModel, folder: Path) -> None:
    """Write the adapter's weights and config into a folder. Raises `DiskFull` where there is no room."""
    with reporting_full_disk(folder):
        try:
            model.network.save_pretrained(folder)
        except SafetensorError as error:
            # safetensors reports errors of the operating system in its message only.
            if f"os error {errno.ENOSPC}" not in str(error):
                raise
            raise OSError(errno.ENOSPC, str(error)) from error
