"""The settings of a demo and their defaults, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from burnish.cli.demo.scripts import CLASSIFY, EXTRACT, KeptScript
from burnish.engine.catalogue import DEFAULT_MODEL, OpenModel, open_model, pooled

Task: TypeAlias = Literal["classification", "extraction"]

#: The folder of a demo, unless another is named.
OUT = Path("burnish-demo")
TRAINING_PER_LABEL = 24
HELD_OUT_PER_LABEL = 8
#: Of the sample documents to train on: 3 of 24 measure the loss and calibrate.
SAMPLE_VALIDATION_SHARE = 0.125
#: Of a user's documents.
TEST_SHARE = 0.25
VALIDATION_SHARE = 0.15

#: Invoices to read fields off, where that is the task: whole pages and long answers take longer to learn.
EXTRACTION_TRAINING, EXTRACTION_HELD_OUT = 48, 12
EXTRACTION_EPOCHS = 4

REGION = "us-east-1"
BUCKET = "burnish-demo"
MODEL_TYPE = "open_weights"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run of the demo. ``source`` is the model as the user named it, None for the default one."""

    documents: Path | None
    layout: Literal["labels", "parts"] | None
    out: Path
    model: OpenModel
    source: str | None
    keep: bool
    seed: int
    training_per_label: int
    held_out_per_label: int
    task: Task = "classification"

    @property
    def extracts(self) -> bool:
        """Whether fields are read off the pages; else their types are told apart."""
        return self.task == "extraction"

    @property
    def script(self) -> KeptScript:
        """The program that asks the model, where it is kept."""
        return EXTRACT if self.extracts else CLASSIFY

    @property
    def server_data(self) -> Path:
        """The data folder of the demo's server."""
        return self.out / "server"

    @property
    def hyperparameters(self) -> Mapping[str, str]:
        """What the job asks for. The model chooses the rest from the data, as it does for everybody."""
        epochs = {"epochCount": str(EXTRACTION_EPOCHS)} if self.extracts else {}
        return {**epochs, "seed": str(self.seed)}


def base_model(source: str | None, task: Task) -> OpenModel:
    """What is tuned. To tell types apart it is a pool with page features: nothing here does that better.

    A pool that is not tuned answers by its language model alone, which so is the base model to compare with.
    """
    model = open_model(source) if source else DEFAULT_MODEL
    return model if task == "extraction" else pooled(model)


def usual_training(task: Task) -> int:
    """How many samples of each type are trained on and validated with, unless it is said."""
    return EXTRACTION_TRAINING if task == "extraction" else TRAINING_PER_LABEL


def usual_held_out(task: Task) -> int:
    """How many samples of each type are held out, unless it is said."""
    return EXTRACTION_HELD_OUT if task == "extraction" else HELD_OUT_PER_LABEL
