"""Whether the dtype that is chosen is the faster one: whole training steps in both, in turns.

    python benchmarks/dtypes.py [--weights FOLDER] [--rounds 3]

The choice rests on two layers of random weights; here the whole network trains, with a shared prefix, eight
examples and an adapter. Prints the seconds of the fastest step in each dtype, and what the choice was.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from burnish.engine.catalogue import DEFAULT_MODEL
from burnish.engine.cores import use_free_cores
from burnish.engine.language_model.dtypes import DTYPES, fastest_dtype, step_seconds
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.training import LoraTraining, with_adapter
from burnish.engine.language_model.training_step import LoraStep, TokenizedExample
from burnish.engine.weights import prepared_weights

PREFIX, PAGE, ANSWER, BATCH = 700, 150, 10, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--weights", type=Path, help="a folder of weights; the default model's, if none is given"
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    use_free_cores()
    weights = options.weights or prepared_weights(DEFAULT_MODEL)
    config = AutoConfig.from_pretrained(weights)
    with tempfile.TemporaryDirectory() as cache:
        chosen = fastest_dtype(config, cache=Path(cache))
    batch = examples(config.vocab_size)
    steps = {name: LoraStep(model_in(weights, number)) for name, number in DTYPES.items()}
    rounds = [
        {name: seconds_of_a_step(step, batch) for name, step in steps.items()} for _ in range(options.rounds)
    ]
    for name in DTYPES:
        print(f"{name}: {min(one[name] for one in rounds):.2f} s a step of {BATCH} examples")
    layers = step_seconds(config)
    print(f"two layers: {', '.join(f'{name} {taken * 1000:.0f} ms' for name, taken in layers.items())}")
    print(f"chosen: {chosen}")


def model_in(weights: Path, number: torch.dtype) -> LanguageModel:
    network = AutoModelForCausalLM.from_pretrained(weights, dtype=number, attn_implementation="sdpa")
    network.requires_grad_(requires_grad=False)
    model = LanguageModel(
        network=network, tokenizer=AutoTokenizer.from_pretrained(weights), device=torch.device("cpu")
    )
    return with_adapter(model, LoraTraining())


def examples(vocabulary: int) -> list[TokenizedExample]:
    torch.manual_seed(0)
    prefix = drawn(vocabulary, PREFIX)
    return [
        TokenizedExample(prompt=(*prefix, *drawn(vocabulary, PAGE)), answer=drawn(vocabulary, ANSWER))
        for _ in range(BATCH)
    ]


def drawn(vocabulary: int, count: int) -> tuple[int, ...]:
    return tuple(torch.randint(vocabulary, (count,)).tolist())


def seconds_of_a_step(step: LoraStep, batch: list[TokenizedExample]) -> float:
    begun = time.perf_counter()
    step.accumulate_gradients(batch)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
