"""A job's hyperparameters as the settings of a training, with what was not given chosen from the data."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.engine.sentence_encoder.contrastive import AdapterTraining
from burnish.engine.tunable_model import ChosenSetting

AUTO = "auto"
NO_ADAPTER = ChosenSetting(
    name="epochCount",
    value="0",
    reason="a regression on the encoder as it is takes seconds, and is calibrated on pages held out from it",
)
USUAL = AdapterTraining(epochs=0, batch_size=16, learning_rate=1e-3, rank=8, seed=0)


def adapter_training(given: Mapping[str, str]) -> AdapterTraining:
    """The settings that hyperparameters give; ``auto`` is as if they did not."""
    said = {name: float(value) for name, value in given.items() if value != AUTO}
    chosen = () if "epochCount" in said else (NO_ADAPTER,)
    return AdapterTraining(
        chosen=chosen,
        epochs=int(said.get("epochCount", USUAL.epochs)),
        batch_size=int(said.get("batchSize", USUAL.batch_size)),
        learning_rate=said.get("learningRate", USUAL.learning_rate),
        rank=int(said.get("loraRank", USUAL.rank)),
        seed=int(said.get("seed", USUAL.seed)),
    )
