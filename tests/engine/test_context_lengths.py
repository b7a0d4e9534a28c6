"""The length of a model's context, as the server tells it without loading the model."""

from __future__ import annotations

import json

import pytest

from burnish.engine.context_lengths import context_length
from burnish.engine.kinds import loaded


def test_it_is_what_the_loaded_model_has(tiny_weights):
    assert context_length(tiny_weights) == loaded(tiny_weights, {})._model.context == 4096


@pytest.mark.parametrize(
    ("config", "context"),
    [
        ({"architectures": ["GPT2LMHeadModel"], "n_positions": 1024}, 1024),
        ({"architectures": ["BloomForCausalLM"]}, None),
        ({"text_config": {"max_position_embeddings": 512}, "max_position_embeddings": 7}, 512),
    ],
)
def test_it_is_read_where_architectures_say_it(tmp_path, config, context):
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert context_length(tmp_path) == context
