"""What a demo is told and what it uses unless told otherwise, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from burnish.engine.catalogue import OpenModel

TRAINING_PER_LABEL = 16
HELD_OUT_PER_LABEL = 8
#: Of the sample documents to train on: 3 of 16 measure the loss and set the label biases.
SAMPLE_VALIDATION_SHARE = 0.2
#: Of a user's documents.
TEST_SHARE = 0.25
VALIDATION_SHARE = 0.15

EPOCHS = 3
BATCH_SIZE = 4
LEARNING_RATE = "0.001"

REGION = "us-east-1"
BUCKET = "burnish-demo"
MODEL_TYPE = "open_weights"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run of the demo. ``source`` is the model as the user named it, None for the default one."""

    documents: Path | None
    out: Path
    model: OpenModel
    source: str | None
    keep: bool
    seed: int
    training_per_label: int
    held_out_per_label: int

    @property
    def server_data(self) -> Path:
        """The data folder of the demo's server."""
        return self.out / "server"

    @property
    def hyperparameters(self) -> Mapping[str, str]:
        """How the model is tuned."""
        return {
            "epochCount": str(EPOCHS),
            "batchSize": str(BATCH_SIZE),
            "learningRate": LEARNING_RATE,
            "seed": str(self.seed),
        }

    def training_steps(self, records: int) -> int:
        """How many steps a job over so many records takes."""
        return EPOCHS * -(-records // BATCH_SIZE)
