"""A tiny model, ready to be trained and asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny_engine import disturbed

from burnish.engine.language_model import network
from burnish.engine.language_model.decision import Decision, save_decision
from burnish.engine.language_model.network import LanguageModel, load_language_model
from burnish.engine.language_model.training import LoraTraining, save_adapter
from burnish.engine.vision_language import network as vision_network

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def exact_numbers(monkeypatch):
    """Every model computes in float32, whatever the processor is best at: tests compare numbers."""
    for module in (network, vision_network):
        monkeypatch.setattr(module, "dtype_for", lambda weights, device: torch.float32)


@pytest.fixture
def tiny_model(tiny_weights) -> LanguageModel:
    """A model of this test alone: training changes the network."""
    return load_language_model(tiny_weights)


@pytest.fixture
def adapter_folder(tiny_weights, tmp_path) -> Callable[..., Path]:
    """A way to have an adapter of random numbers, with its decision, in a folder of a given name."""

    def made(name: str, *, seed: int = 1, decision: Decision | None = None) -> Path:
        folder = tmp_path / name
        tuned = disturbed(load_language_model(tiny_weights), LoraTraining(rank=4, seed=seed))
        save_adapter(tuned, folder)
        save_decision(decision or Decision(), folder)
        return folder

    return made
