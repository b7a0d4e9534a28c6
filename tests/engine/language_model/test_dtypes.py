"""Which dtype is chosen, from times that are given and from times that are taken."""

import json

import pytest
import torch
from transformers import AutoConfig

from burnish.engine.language_model import dtypes
from burnish.engine.language_model.dtypes import DTYPES, FILE, fastest_dtype, step_seconds

SLOW_BFLOAT16 = {"float32": 1.0, "bfloat16": 1.9}
FAST_BFLOAT16 = {"float32": 1.0, "bfloat16": 0.4}


@pytest.fixture
def config(tiny_weights):
    return AutoConfig.from_pretrained(tiny_weights)


def never(config):
    raise AssertionError("it was timed although the times were known")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (SLOW_BFLOAT16, torch.float32),
        (FAST_BFLOAT16, torch.bfloat16),
        ({"float32": 1.0, "bfloat16": 1.0}, torch.float32),
    ],
)
def test_the_dtype_that_took_less_time_is_chosen(config, tmp_path, seconds, expected):
    assert fastest_dtype(config, cache=tmp_path, timer=lambda _: seconds) == expected


def test_a_shape_is_timed_once(config, tmp_path):
    fastest_dtype(config, cache=tmp_path, timer=lambda _: FAST_BFLOAT16)
    assert fastest_dtype(config, cache=tmp_path, timer=never) == torch.bfloat16


def test_flags_decide_nothing(config, tmp_path, monkeypatch):
    monkeypatch.setattr(dtypes, "_processor", lambda: "a processor with avx512_bf16 and amx_bf16")
    assert fastest_dtype(config, cache=tmp_path, timer=lambda _: SLOW_BFLOAT16) == torch.float32


@pytest.mark.parametrize("what", ["shape", "processor", "torch", "threads"])
def test_what_the_times_depend_on_is_timed_again_when_it_changes(config, tmp_path, monkeypatch, what):
    fastest_dtype(config, cache=tmp_path, timer=lambda _: SLOW_BFLOAT16)
    if what == "shape":
        config.intermediate_size *= 2
    elif what == "processor":
        monkeypatch.setattr(dtypes, "_processor", lambda: "another processor")
    elif what == "torch":
        monkeypatch.setattr(torch, "__version__", "99.0")
    else:
        monkeypatch.setattr(torch, "get_num_threads", lambda: 128)
    assert fastest_dtype(config, cache=tmp_path, timer=lambda _: FAST_BFLOAT16) == torch.bfloat16
    assert len(json.loads((tmp_path / FILE).read_text())) == 2


@pytest.mark.parametrize("spoilt", ["", "[]", "{", '{"x": 3}', "null"])
def test_a_cache_that_cannot_be_read_is_made_anew(config, tmp_path, spoilt):
    (tmp_path / FILE).write_text(spoilt)
    assert fastest_dtype(config, cache=tmp_path, timer=lambda _: FAST_BFLOAT16) == torch.bfloat16
    assert fastest_dtype(config, cache=tmp_path, timer=never) == torch.bfloat16


def test_a_real_step_is_timed_in_every_dtype(config):
    seconds = step_seconds(config)
    assert set(seconds) == set(DTYPES)
    assert all(taken > 0 for taken in seconds.values())
    assert config.num_hidden_layers == 3


def test_a_step_is_timed_where_gradients_are_off(config):
    with torch.no_grad():
        assert set(step_seconds(config)) == set(DTYPES)
        assert not torch.is_grad_enabled()


def test_timing_leaves_the_order_of_random_numbers_alone(config):
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    step_seconds(config)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize(("supported", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_on_an_accelerator_the_hardware_decides(monkeypatch, tiny_weights, supported, expected):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: supported)
    assert dtypes.dtype_for(tiny_weights, torch.device("cuda")) == expected
