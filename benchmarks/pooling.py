"""A pool beside its members: how many held-out pages each decides rightly, how sure it is, what it costs.

The members are those that the pool has trained, by the defaults, so each is what it would be alone, but for
what a pool without validation pages would hold out. Sample documents are held out in layouts that no
training page has; of a folder of your own, a quarter of each label.

    python benchmarks/pooling.py                         # eight sample documents of each type
    python benchmarks/pooling.py --per-label 20 --seed 1
    python benchmarks/pooling.py --documents FOLDER
    python benchmarks/pooling.py --source "HuggingFaceTB/SmolLM2-135M-Instruct + page-features"
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from options import parser_with

from burnish.calibration.confidence import calibration_error
from burnish.calibration.intervals import wilson_interval
from burnish.datasets.documents import Document
from burnish.datasets.pages import render_pages
from burnish.datasets.sources import read_documents
from burnish.datasets.splitting import Split, SplitPlan, split_documents
from burnish.engine.catalogue import DEFAULT_MODEL, POOLED_WITH, open_model, pool_of
from burnish.engine.conversations import Conversation, Example, TrainingData, Turn
from burnish.engine.inference_messages import Choice
from burnish.engine.kind_files import members_of
from burnish.engine.kinds import BaseModels, loaded, save_tuned
from burnish.engine.pages import PageReader, Reading
from burnish.engine.pool.saved import load_pool
from burnish.engine.tunable_model import AnsweringModel, Progress, Step
from burnish.engine.weights import prepared_weights
from burnish.families import family_named
from burnish.records import answer_for, classification_prompt
from burnish.samples import sample_documents

VALIDATION_SHARE, TEST_SHARE = 0.15, 0.25
#: Pages that are decided together.
BATCH = 4


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A decision on a held-out page: the probability that it gave its own label, and the true one."""

    is_right: bool
    probability: float
    of_truth: float


def main() -> None:
    """Train a pool and print a row for it and for each of its members."""
    parser = parser_with(__doc__)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--per-label", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--source", default=pool_of(DEFAULT_MODEL, *POOLED_WITH).source)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("burnish.engine").setLevel(logging.INFO)
    with tempfile.TemporaryDirectory(prefix="burnish-benchmark-") as folder:
        split = split_of(options, Path(folder))
        (tuned := Path(folder) / "tuned").mkdir()
        compare(split, prepared_weights(open_model(options.source)), tuned, seed=options.seed)


def split_of(options: argparse.Namespace, folder: Path) -> Split:
    """The documents to train on, to validate with, and those that are held out."""
    documents = (
        read_documents(options.documents)
        if options.documents
        else sample_documents(folder / "documents", per_label=options.per_label, seed=options.seed)
    )
    plan = SplitPlan(test_share=TEST_SHARE, validation_share=VALIDATION_SHARE, seed=options.seed)
    return split_documents(documents.documents, plan)


def compare(split: Split, weights: Path, tuned: Path, *, seed: int) -> None:
    """Train the pool into a folder, and print how well it decides, and how well each member."""
    given = {**family_named("open_weights").tuning("local.pool-v1:0").defaults(), "seed": str(seed)}
    held_out = train(split, weights, tuned, given)
    # Loaded anew: a training may change the base model.
    bases: BaseModels = {}
    print("| model | weight | right | share (95 %) | loss | calibration error | pages/s |")
    print("| --- " * 7 + "|")
    print_row("pool", "", loaded(weights, bases).answering(tuned), held_out, split.labels)
    for saved in load_pool(tuned).members:
        model = loaded(members_of(weights)[saved.name], bases).answering(tuned / saved.name)
        mine = [example.within(saved.reading) for example in held_out]
        print_row(saved.name, f"{saved.weight:.2f}", model, mine, split.labels)


def train(split: Split, weights: Path, tuned: Path, given: Mapping[str, str]) -> tuple[Example, ...]:
    """Train the pool into a folder and print what that took; the held-out pages as it is to see them."""
    pool = loaded(weights, {})
    reading = pool.reading_for(given)
    data = TrainingData(
        training=examples_of(split.train, split.labels, reading),
        validation=examples_of(split.validation, split.labels, reading),
    )
    settings = pool.settings(given, data)
    print(
        f"pages: {len(split.train)} to train, {len(split.validation)} to validate, {len(split.test)} held out"
    )
    print(", ".join(f"{one.name} {one.value}" for one in settings.chosen))
    steps: list[Step] = []
    began, busy = time.monotonic(), time.process_time()
    progress = Progress(on_step=steps.append, on_validation=lambda _: None)
    save_tuned(pool.train(data, settings, progress=progress), tuned)
    took, busy = time.monotonic() - began, time.process_time() - busy
    print(f"{len(steps)} steps in {took:.0f} s, {busy:.0f} s of processor time", flush=True)
    return examples_of(split.test, split.labels, reading)


def examples_of(
    documents: Sequence[Document], labels: Sequence[str], reading: Reading
) -> tuple[Example, ...]:
    """The first pages of documents as a data set of the product has them."""
    prompt, reader = classification_prompt(labels), PageReader()
    examples = []
    for one in documents:
        page = reader.read(next(iter(render_pages(one.path))), reading)
        turn = Turn(role="user", text=prompt.task, pages=(page,))
        conversation = Conversation(system=prompt.system, turns=(turn,))
        examples.append(Example(conversation=conversation, answer=answer_for(one.label)))
    return tuple(examples)


def print_row(
    name: str, weight: str, model: AnsweringModel, examples: Sequence[Example], labels: Sequence[str]
) -> None:
    """Print how a model decides on held-out pages."""
    began = time.monotonic()
    found = decisions(model, examples, labels)
    rate = len(found) / (time.monotonic() - began)
    right = sum(one.is_right for one in found)
    low, high = wilson_interval(right, len(found))
    loss = -np.log([max(one.of_truth, 1e-12) for one in found]).mean()
    share = f"{right / len(found):.3f} ({low:.2f} to {high:.2f})"
    error = calibration_error(found)
    print(
        f"| {name} | {weight} | {right} of {len(found)} | {share} | {loss:.3f} | {error:.3f} | {rate:.1f} |"
    )


def decisions(model: AnsweringModel, examples: Sequence[Example], labels: Sequence[str]) -> list[Judged]:
    """A model's decisions, each beside the label of its page."""
    choice = Choice(name="type", labels=tuple(labels))
    found: list[Judged] = []
    for start in range(0, len(examples), BATCH):
        batch = examples[start : start + BATCH]
        answers = model.decide([one.conversation for one in batch], choice)
        found += [judged(one.probabilities, example) for one, example in zip(answers, batch, strict=True)]
    return found


def judged(probabilities: Mapping[str, float], example: Example) -> Judged:
    """A decision beside the label of its page."""
    decided = max(probabilities, key=probabilities.__getitem__)
    truth = next(label for label in probabilities if answer_for(label) == example.answer)
    return Judged(
        is_right=decided == truth, probability=probabilities[decided], of_truth=probabilities[truth]
    )


if __name__ == "__main__":
    main()
