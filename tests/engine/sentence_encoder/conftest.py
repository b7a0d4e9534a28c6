"""A tiny encoder, ready to be trained and asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.engine.sentence_encoder.tiny_encoder import write_tiny_encoder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory) -> Path:
    """The folder of the weights of a tiny encoder."""
    return write_tiny_encoder(tmp_path_factory.mktemp("tiny-encoder"))
