"""Contrastive training of an adapter on an encoder, read from top to bottom.

Pages are drawn towards pages of the same label and towards the text of that label, its name and description,
and away from all others: supervised contrastive learning (Khosla et al., arXiv 2004.11362), on few examples
as in SetFit (Tunstall et al., arXiv 2209.11055). So a label with few pages still has its text to learn from.
LoRA: Hu et al., arXiv 2106.09685.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from peft import LoraConfig, get_peft_model

from burnish.engine.checkpoints import NO_CHECKPOINTS, Checkpoints
from burnish.engine.sentence_encoder.chunks import Chunk
from burnish.engine.sentence_encoder.network import SentenceEncoder
from burnish.engine.training_run import TrainingRun
from burnish.engine.tunable_model import ChosenSetting, Progress
from burnish.tuned_models.model_manifest import EXCLUDED_MODULES

#: What similarities are divided by: the lower, the more the nearest of the others count.
TEMPERATURE = 0.1
#: Each step compares with so many texts of labels: with those of its batch, and with others by chance.
MAX_LABEL_TEXTS = 32
WARMUP_SHARE = 0.1
#: Adapters that are trained only to answer for pages which they have not seen: each costs as much as one.
FOLDS = 3
#: So many pages are embedded in a step: in about a second on one core.
PAGES_OF_A_STEP = 16


@dataclass(frozen=True, kw_only=True)
class LabelledPage:
    """A page by its chunks, and its label by its place among all."""

    chunks: Sequence[Chunk]
    label: int


@dataclass(frozen=True, kw_only=True)
class AdapterTraining:
    """How an adapter is trained; without epochs, none is."""

    epochs: int
    batch_size: int
    learning_rate: float
    rank: int
    seed: int
    chosen: tuple[ChosenSetting, ...] = ()

    def adapter_steps(self, examples: int) -> int:
        """The number of steps of one adapter that is trained on so many examples."""
        return self.epochs * math.ceil(examples / self.batch_size)

    def steps(self, examples: int) -> int:
        """The number of steps of a training: those of its adapters, of embedding, and one for the head."""
        sizes = [examples - size for size in fold_sizes(examples)]
        embeddings = FOLDS + 1 if self.epochs else 1
        of_embedding = embeddings * math.ceil(examples / PAGES_OF_A_STEP)
        return sum(map(self.adapter_steps, (*sizes, examples))) + of_embedding + 1


def fold_sizes(examples: int) -> list[int]:
    """How many examples each of the folds has."""
    return [len(range(fold, examples, FOLDS)) for fold in range(FOLDS)]


def with_trained_adapter(
    encoder: SentenceEncoder,
    pages: Sequence[LabelledPage],
    label_texts: Sequence[Chunk],
    *,
    settings: AdapterTraining,
    progress: Progress,
    checkpoints: Checkpoints = NO_CHECKPOINTS,
) -> SentenceEncoder:
    """The encoder with an adapter trained on pages, from the latest checkpoint on.

    An adapter is not validated: only the head on it is.
    """
    torch.manual_seed(settings.seed)
    tuned = _with_adapter(encoder, settings.rank)
    rng = random.Random(settings.seed)  # noqa: S311 - an order of examples, not a secret
    run = TrainingRun(
        tuned.network,
        partial(torch.optim.AdamW, lr=settings.learning_rate, weight_decay=0.0),
        rng=rng,
        progress=progress,
    )
    run.resume(checkpoints)
    total = settings.adapter_steps(len(pages))
    tuned.network.train()
    while run.epoch < settings.epochs and not run.is_to_end():
        for places in run.batches(len(pages), settings.batch_size):
            if run.is_to_end():
                break
            run.set_rate(settings.learning_rate * _multiplier(run.number, total))
            loss = _loss(tuned, [pages[place] for place in places], label_texts, rng)
            loss.backward()
            run.step(loss.item(), total=total)
            if checkpoints.is_due:
                checkpoints.save(run.save, step=run.number)
        run.end_epoch()
    checkpoints.save(run.save, step=run.number)
    tuned.network.eval()
    return tuned


def without_adapter(encoder: SentenceEncoder) -> SentenceEncoder:
    """The encoder as it was before its adapter."""
    return replace(encoder, network=encoder.network.unload())


def contrastive_loss(
    pages: torch.Tensor, page_labels: torch.Tensor, texts: torch.Tensor, text_labels: torch.Tensor
) -> torch.Tensor:
    """The mean cross-entropy, in nats, of finding for each page what has its label.

    It is sought among the other pages and the texts of the labels; all are vectors of length 1.
    """
    others = torch.cat([pages, texts])
    same = page_labels[:, None] == torch.cat([page_labels, text_labels])
    itself = torch.eye(len(pages), len(others), dtype=torch.bool, device=pages.device)
    scores = (pages @ others.T / TEMPERATURE).masked_fill(itself, -torch.inf)
    shares = scores.log_softmax(dim=1).masked_fill(itself, 0.0)
    positives = same & ~itself
    return -((shares * positives).sum(dim=1) / positives.sum(dim=1)).mean()


def _with_adapter(encoder: SentenceEncoder, rank: int) -> SentenceEncoder:
    config = LoraConfig(
        r=rank,
        lora_alpha=2 * rank,
        lora_dropout=0.0,
        target_modules="all-linear",
        # Where there is one, it makes something of the first token that nothing here uses.
        exclude_modules=EXCLUDED_MODULES,
        task_type="FEATURE_EXTRACTION",
    )
    return replace(encoder, network=get_peft_model(encoder.network, config))


def _multiplier(step: int, total: int) -> float:
    """What the learning rate is multiplied by at a step: linear warmup, then linear decay."""
    warmup = max(1, round(total * WARMUP_SHARE))
    return (step + 1) / warmup if step < warmup else (total - step) / max(1, total - warmup)


def _loss(
    encoder: SentenceEncoder,
    batch: Sequence[LabelledPage],
    label_texts: Sequence[Chunk],
    rng: random.Random,
) -> torch.Tensor:
    # One chunk of each page: what is learned of it serves the others, and a step costs a fraction.
    chunks = [rng.choice(page.chunks) for page in batch]
    labels = _labels_to_compare([page.label for page in batch], len(label_texts), rng)
    means, _ = encoder.embedded([*chunks, *(label_texts[label] for label in labels)])
    vectors = torch.nn.functional.normalize(means, dim=1)
    return contrastive_loss(
        vectors[: len(batch)],
        torch.tensor([page.label for page in batch], device=vectors.device),
        vectors[len(batch) :],
        torch.tensor(labels, device=vectors.device),
    )


def _labels_to_compare(of_batch: Sequence[int], count: int, rng: random.Random) -> list[int]:
    mine = sorted(set(of_batch))
    others = [label for label in range(count) if label not in mine]
    room = max(0, MAX_LABEL_TEXTS - len(mine))
    return mine + rng.sample(others, min(room, len(others)))
