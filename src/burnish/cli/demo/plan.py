"""The settings of a demo and their defaults, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from burnish.engine.catalogue import OpenModel

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

#: The model sees about so many pages, however few there are to choose from, but none more than five times.
PAGES_SEEN = 400
MIN_EPOCHS, MAX_EPOCHS = 2, 5
BATCH_SIZE = 4
#: For weights as small as the default model's. Others are tuned at the rate that their family calls usual.
SMALL_MODEL_LEARNING_RATE = "0.002"

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
    def server_data(self) -> Path:
        """The data folder of the demo's server."""
        return self.out / "server"

    def hyperparameters(self, records: int) -> Mapping[str, str]:
        """How the model is tuned on so many records."""
        rate = {} if self.source else {"learningRate": SMALL_MODEL_LEARNING_RATE}
        return {
            "epochCount": str(self._epochs(records)),
            "batchSize": str(BATCH_SIZE),
            **rate,
            "seed": str(self.seed),
        }

    def _epochs(self, records: int) -> int:
        return EXTRACTION_EPOCHS if self.extracts else epochs_over(records)


def epochs_over(records: int) -> int:
    """How often each of so many records is trained on."""
    return min(max(round(PAGES_SEEN / records), MIN_EPOCHS), MAX_EPOCHS)


def usual_training(task: Task) -> int:
    """How many samples of each type are trained on and validated with, unless it is said."""
    return EXTRACTION_TRAINING if task == "extraction" else TRAINING_PER_LABEL


def usual_held_out(task: Task) -> int:
    """How many samples of each type are held out, unless it is said."""
    return EXTRACTION_HELD_OUT if task == "extraction" else HELD_OUT_PER_LABEL
