"""The dtype in which a network computes fastest on this machine: measured, never read off a flag.

A processor may list instructions for bfloat16 and still take twice as long with them. So a training step of
two of the network's layers is timed in both, once for each shape, processor and version of torch.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from peft.helpers import disable_input_dtype_casting
from transformers import AutoConfig, AutoModel

from burnish.cache import cache_folder
from burnish.engine.language_model.architecture import text_config, with_few_layers
from burnish.engine.language_model.packed_attention import attending_by_segments
from burnish.engine.language_model.probes import packs_rows

#: The name that the file has had in people's caches since the first version.
FILE = "number-formats.json"
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
#: Rounds alternate between the dtypes, so that a busy moment of the machine hits both; the fastest counts.
LAYERS, ROUNDS = 2, 5
#: As many tokens as a few pages and their answers have, in one row.
TOKENS = 640

log = logging.getLogger(__name__)

#: Gives the seconds that a step of a network of this configuration takes in each dtype.
Timer = Callable[[Any], dict[str, float]]


def dtype_for(weights: Path, device: torch.device) -> torch.dtype:
    """The dtype for the weights in a folder, on this device."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return fastest_dtype(AutoConfig.from_pretrained(weights, local_files_only=True), cache=cache_folder())


@contextmanager
def adapters_computed_as(network: Any, dtype: torch.dtype) -> Iterator[None]:
    """Let adapters, whose weights are kept in float32, compute in the dtype of the network around them.

    In float32 their small products take half as long as the large ones of a network in bfloat16.
    """
    if dtype == torch.float32:
        yield
        return
    device = next(network.parameters()).device.type
    with disable_input_dtype_casting(network), torch.autocast(device, dtype=dtype, cache_enabled=False):
        yield


def fastest_dtype(config: Any, *, cache: Path, timer: Timer | None = None) -> torch.dtype:
    """The dtype in which a network of this configuration trains fastest, timed unless the cache knows it."""
    key = _key(config)
    seconds = _known(cache).get(key)
    if seconds is None:
        seconds = (timer or step_seconds)(config)
        log.info("A step of %d layers takes %s", LAYERS, _in_words(seconds))
        _keep(cache, {**_known(cache), key: seconds})
    return DTYPES[min(DTYPES, key=lambda name: seconds[name])]


def step_seconds(config: Any) -> dict[str, float]:
    """The seconds of a forward and a backward pass through two layers, by dtype."""
    # Inference loads models too, with gradients off; and timing must not shift anybody's random numbers.
    with torch.enable_grad(), torch.random.fork_rng(devices=[]):
        networks = {name: _two_layers(config, dtype) for name, dtype in DTYPES.items()}
        attending = attending_by_segments if packs_rows(config, masked=False) else nullcontext
        rounds = [
            {name: _seconds_of_a_step(network, attending) for name, network in networks.items()}
            for _ in range(ROUNDS)
        ]
    return {name: min(taken[name] for taken in rounds) for name in DTYPES}


def _two_layers(config: Any, dtype: torch.dtype) -> Any:
    """A network with random weights: the configuration's shape, but two layers and next to no vocabulary."""
    network = AutoModel.from_config(with_few_layers(config, LAYERS, vocabulary=8), dtype=dtype)
    return network.requires_grad_(requires_grad=False).get_decoder()


def _seconds_of_a_step(backbone: Any, attending: Callable[[Any], AbstractContextManager[object]]) -> float:
    tokens = min(TOKENS, getattr(backbone.config, "max_position_embeddings", TOKENS))
    shape = (1, tokens, backbone.config.hidden_size)
    states = torch.randn(shape, dtype=next(backbone.parameters()).dtype, requires_grad=True)
    with attending(backbone):
        begun = time.perf_counter()
        backbone(inputs_embeds=states, use_cache=False).last_hidden_state.sum().backward()
        return time.perf_counter() - begun


def _key(config: Any) -> str:
    """What the times depend on. Virtual machines give processors one name: their flags tell them apart."""
    names = ("model_type", "hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads")
    shape = " ".join(str(getattr(text_config(config), name, "")) for name in names)
    return f"{_processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}, in rows, {shape}"


def _processor() -> str:
    try:
        said = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    flags = hashlib.sha256(_line_of(said, "flags|Features").encode()).hexdigest()[:8]
    return f"{_line_of(said, 'model name') or platform.machine()} ({flags})"


def _line_of(said: str, name: str) -> str:
    found = re.search(rf"^(?:{name})\s*:\s*(.*)$", said, re.MULTILINE)
    return found[1] if found else ""


def _known(cache: Path) -> dict[str, Mapping[str, float]]:
    """What was timed before; nothing where the file cannot be read."""
    try:
        found = json.loads((cache / FILE).read_text(encoding="utf-8"))
        return {key: seconds for key, seconds in found.items() if set(seconds) == set(DTYPES)}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _keep(cache: Path, known: Mapping[str, Mapping[str, float]]) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    fresh = cache / f".{FILE}.{os.getpid()}"
    fresh.write_text(json.dumps(known, indent=1), encoding="utf-8")
    fresh.replace(cache / FILE)


def _in_words(seconds: Mapping[str, float]) -> str:
    return ", ".join(f"{taken * 1000:.0f} ms in {name}" for name, taken in seconds.items())
