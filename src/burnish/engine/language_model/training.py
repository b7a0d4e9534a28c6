"""Training a LoRA adapter, read from top to bottom.

Tokens come in, an adapter folder goes out. The loop knows nothing of requests, stores or S3; it reports its
progress through callbacks. The examples of a batch share a long prefix, which is run once (`prefix`).
LoRA: Hu et al., arXiv 2106.09685.
"""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model

from burnish.disk import reporting_full_disk
from burnish.engine.checkpoints import NO_CHECKPOINTS, Checkpoints
from burnish.engine.group_checkpoints import of_group
from burnish.engine.language_model.architecture import blocks_of, is_transposed, linear_names
from burnish.engine.language_model.network import PAGE_TOKENS, LanguageModel
from burnish.engine.language_model.page_tokens import CutPages
from burnish.engine.language_model.training_step import LoraStep, TokenizedExample
from burnish.engine.shared_step import ExampleT, GradientStep, SharedStep
from burnish.engine.tensor_errors import system_errors
from burnish.engine.training_run import TrainingRun
from burnish.engine.tunable_model import ChosenSetting, Progress
from burnish.engine.worker_group import ALONE, WorkerGroup

#: Trainings are short: the second moment must forget the large gradients of the first steps, in which the
#: model learns the form of the answers, before those that teach it the labels are over.
ADAM_BETAS = (0.9, 0.99)

#: Of the workers that do not report: the first one does.
UNSEEN = Progress(on_step=lambda _: None, on_validation=lambda _: None)

log = logging.getLogger(__name__)


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
    #: The training ends after so many epochs in a row without a lower validation loss, and the weights of the
    #: best one are kept; 0 for all epochs and the last weights.
    patience: int = 0
    #: The training ends after so many minutes, with what was learned by then; 0 for no limit.
    max_minutes: float = 0.0
    chosen: tuple[ChosenSetting, ...] = ()

    def is_over(self, seconds: float) -> bool:
        """Whether the time is over after so many seconds of training."""
        return 0 < self.max_minutes * 60 <= seconds

    def steps(self, examples: int) -> int:
        """One for each batch of each epoch."""
        return self.epochs * math.ceil(examples / self.batch_size)


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
    checkpoints: Checkpoints = NO_CHECKPOINTS,
    workers: WorkerGroup = ALONE,
) -> LanguageModel:
    """The model with a trained adapter: a fresh one, or the adapter of a folder, trained further.

    Neither the base weights nor the folder are changed.
    """
    tuned = with_any_adapter(model, settings, starting_from)
    optimize(
        tuned.network,
        training,
        validation,
        step=LoraStep(tuned),
        settings=settings,
        progress=progress,
        checkpoints=checkpoints,
        workers=workers,
    )
    return tuned


def optimize(
    network: Any,
    training: Callable[[int], Sequence[ExampleT]],
    validation: Sequence[ExampleT],
    *,
    step: GradientStep[ExampleT],
    settings: LoraTraining,
    progress: Progress,
    checkpoints: Checkpoints = NO_CHECKPOINTS,
    workers: WorkerGroup = ALONE,
) -> None:
    """Train what learns in a network on the examples of each epoch, from the latest checkpoint on.

    What ``step`` finds out on the way is saved with checkpoints. All ``workers`` are given the same examples,
    of which each takes its share; the first one reports progress, and is asked whether to end.
    """
    # The dropout of some architectures stays off: a prefix is run once for all examples, which is the plain
    # step only where the same tokens give the same numbers. What varies the examples is `line_dropout`, by
    # their text: however many workers there are, an example is the same.
    network.eval()
    run = TrainingRun(
        network,
        partial(
            torch.optim.AdamW,
            lr=settings.learning_rate,
            betas=ADAM_BETAS,
            weight_decay=0.0,
            # On a processor the optimizer takes a few thousandths of a step, fused or not.
            fused=next(network.parameters()).is_cuda,
        ),
        rng=random.Random(settings.seed),  # noqa: S311 - an order of examples, not a secret
        progress=progress if workers.rank == 0 else UNSEEN,
        finder=step,
        workers=workers.size,
    )
    checkpoints = of_group(checkpoints, workers)
    run.resume(checkpoints)
    workers.align(run.weights)
    shared = SharedStep(step, run.weights, workers)
    while run.epoch < settings.epochs and (
        run.is_within_epoch or not workers.agreed(lambda: _is_to_end(run, settings))
    ):
        _train_epoch(run, training(run.epoch), shared, settings, checkpoints)
        if validation:
            run.validated(shared.validation_loss(validation), keep_best=settings.patience > 0)
        run.end_epoch()
    run.restore_best()
    checkpoints.save(run.save, step=run.number)


def _train_epoch(
    run: TrainingRun,
    examples: Sequence[ExampleT],
    step: SharedStep,
    settings: LoraTraining,
    checkpoints: Checkpoints,
) -> None:
    """Train on what is left of an epoch, unless the training is to end."""
    total = settings.steps(len(examples))
    for places in run.batches(len(examples), settings.batch_size):
        if step.workers.agreed(lambda: settings.is_over(run.seconds) or run.is_to_end()):
            return
        multiplier = learning_rate_multiplier(run.number, total, settings.warmup_steps)
        run.set_rate(settings.learning_rate * multiplier)
        run.step(step.accumulate_gradients([examples[place] for place in places]), total=total)
        if checkpoints.is_due:
            checkpoints.save(run.save, step=run.number)


def _is_to_end(run: TrainingRun, settings: LoraTraining) -> bool:
    """Whether a training ends before its last epoch, and says why."""
    if settings.is_over(run.seconds):
        log.info("Ending after step %d: the %g minutes are over", run.number, settings.max_minutes)
        return True
    if run.is_to_end():
        log.info("Ending after step %d, with what was learned by then: somebody asked for it", run.number)
        return True
    if settings.patience and run.epochs_since_best >= settings.patience:
        log.info("Ending after epoch %d: the validation loss has not fallen since", run.epoch)
        return True
    return False


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


def learning_rate_multiplier(step: int, total: int, warmup: int) -> float:
    """What the learning rate is multiplied by at a step: linear warmup, then cosine decay to a tenth."""
    warmup = min(warmup, total // 2)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    done = (step - warmup) / max(1, total - warmup)
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * done))


def save_adapter(model: LanguageModel, folder: Path) -> None:
    """Write the adapter's weights and config into a folder. Raises `DiskFull` where there is no room."""
    for config in model.network.peft_config.values():
        # A set, which every process would write in an order of its own.
        config.target_modules = sorted(config.target_modules)
    with reporting_full_disk(folder), system_errors():
        model.network.save_pretrained(folder)
