"""The training step: what is shared changes nothing but the time it takes."""

from __future__ import annotations

import random
from functools import partial

import pytest
import torch
from tiny_engine import UNWATCHED, disturbed

from burnish.engine.checkpoints import FolderCheckpoints
from burnish.engine.language_model.micro_batches import MicroBatchLimit, kept_bytes
from burnish.engine.language_model.network import LanguageModel, load_language_model
from burnish.engine.language_model.prefix import PrefixRunner, frozen_blocks, run_prefix
from burnish.engine.language_model.training import LoraTraining
from burnish.engine.language_model.training_step import (
    LoraStep,
    TokenizedExample,
    shared_prompt_length,
)
from burnish.engine.training_run import TrainingRun


def tokens(count: int, rng: random.Random) -> tuple[int, ...]:
    return tuple(rng.randrange(2, 340) for _ in range(count))


def batch_sharing(prefix: int, own_lengths: list[int], *, seed: int = 0) -> list[TokenizedExample]:
    """Examples whose prompts share ``prefix`` tokens and then go on at their own lengths."""
    rng = random.Random(seed)
    shared = tokens(prefix, rng)
    return [
        TokenizedExample(prompt=(*shared, *tokens(own, rng)), answer=(*tokens(rng.randint(1, 6), rng), 1))
        for own in own_lengths
    ]


BATCHES = {
    "a shared prefix and unequal lengths": batch_sharing(40, [5, 17, 1, 30]),
    "more examples than a micro-batch": batch_sharing(30, [3, 9, 4, 12, 7, 1, 20, 6, 2]),
    "no shared prefix": batch_sharing(0, [12, 25, 7, 18, 9]),
    "identical prompts": batch_sharing(25, [0, 0, 0, 0, 0]),
    "a prompt that is the beginning of another": batch_sharing(25, [0, 8, 3]),
    "one example": batch_sharing(20, [6]),
    "two prompts with their pages, and one page asked about twice": [
        *batch_sharing(40, [5, 17], seed=1),
        *batch_sharing(40, [9, 0, 0], seed=2),
    ],
    "all but one token of the prompts shared": batch_sharing(40, [1, 1, 1]),
}
#: How a step may be computed; each way, with micro-batches of one example, a few, or all of a batch.
WAYS = {
    "segment by segment": {"limit": MicroBatchLimit(tokens=10_000)},
    "one by one": {"limit": MicroBatchLimit(tokens=1)},
    "a few at once": {"limit": MicroBatchLimit(tokens=45)},
    "checkpointed": {"limit": MicroBatchLimit(tokens=45, checkpointed=True)},
    "under a mask": {"limit": MicroBatchLimit(tokens=10_000), "masked": True},
    "under a mask, after a cached prefix": {"limit": MicroBatchLimit(tokens=45), "masked": True},
    "under a mask, checkpointed": {"limit": MicroBatchLimit(tokens=45, checkpointed=True), "masked": True},
}


def plain_gradients(model: LanguageModel, batch: list[TokenizedExample]) -> float:
    """The same step without anything shared: each example alone, through the whole network."""
    count = sum(len(one.answer) for one in batch)
    total = 0.0
    for one in batch:
        row = torch.tensor([[*one.prompt, *one.answer]], device=model.device)
        logits = model.network(input_ids=row, use_cache=False).logits[0, len(one.prompt) - 1 : -1]
        targets = torch.tensor(one.answer, device=model.device)
        loss = torch.nn.functional.cross_entropy(logits, targets, reduction="sum") / count
        loss.backward()
        total += loss.item()
    return total


def taken_gradients(model: LanguageModel) -> dict[str, torch.Tensor]:
    """The gradients that have gathered, which are then forgotten."""
    weights = {name: weight for name, weight in model.network.named_parameters() if weight.requires_grad}
    gradients = {name: weight.grad.clone() for name, weight in weights.items() if weight.grad is not None}
    model.network.zero_grad(set_to_none=True)
    assert gradients.keys() == weights.keys()
    return gradients


@pytest.mark.parametrize("share", [2 / 3, 1.0])
@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES.keys())
def test_the_step_with_a_shared_prefix_is_the_plain_step(tiny_model, batch, share):
    tuned = disturbed(tiny_model, LoraTraining(rank=4, trained_share=share))
    tuned.network.train()
    loss = LoraStep(tuned).accumulate_gradients(batch)
    ours = taken_gradients(tuned)
    expected_loss = plain_gradients(tuned, batch)
    expected = taken_gradients(tuned)
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    for name, gradient in expected.items():
        error = (ours[name] - gradient).norm() / gradient.norm()
        assert error < 1e-5, f"{name}: {error:.1e}"


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_each_way_to_compute_a_step_gives_the_plain_step(tiny_model, batch, way):
    tuned = upper_half_trained(tiny_model)
    loss = LoraStep(tuned, **way).accumulate_gradients(batch)
    ours = taken_gradients(tuned)
    assert loss == pytest.approx(plain_gradients(tuned, batch), rel=1e-5)
    for name, gradient in taken_gradients(tuned).items():
        error = (ours[name] - gradient).norm() / gradient.norm()
        assert error < 1e-4, f"{name}: {error:.1e}"


def test_a_checkpointed_step_keeps_less_memory(tiny_model):
    tuned = disturbed(tiny_model, LoraTraining(rank=4))
    batch = BATCHES["no shared prefix"]
    kept = []
    for checkpoints in (False, True):
        step = LoraStep(tuned, limit=MicroBatchLimit(tokens=10_000, checkpointed=checkpoints))
        with kept_bytes(list(tuned.network.parameters())) as sizes:
            step.accumulate_gradients(batch)
        kept.append(sum(sizes.values()))
    assert kept[1] < kept[0] / 2


def test_when_memory_runs_out_the_step_begins_again_with_half_as_much_at_once(tiny_model, caplog):
    tuned = disturbed(tiny_model, LoraTraining(rank=4))
    one, batch = BATCHES["one example"], BATCHES["no shared prefix"]
    plain_gradients(tuned, one)
    expected_loss = plain_gradients(tuned, batch)
    expected = taken_gradients(tuned)
    step = LoraStep(tuned, limit=MicroBatchLimit(tokens=90))
    step.accumulate_gradients(one)
    calls = []

    def run_out_at_the_second(*_: object) -> None:
        calls.append(1)
        if len(calls) == 2:  # when the first micro-batch has added its gradients
            raise torch.OutOfMemoryError("no room")

    hook = tuned.backbone.register_forward_pre_hook(run_out_at_the_second)
    caplog.set_level("INFO")
    assert step.accumulate_gradients(batch) == pytest.approx(expected_loss, rel=1e-5)
    hook.remove()
    assert step.limit == MicroBatchLimit(tokens=45)
    assert "Memory ran out: micro-batches have 45 tokens now" in caplog.text
    for name, gradient in taken_gradients(tuned).items():
        torch.testing.assert_close(gradient, expected[name], rtol=1e-4, atol=1e-6)


def test_a_training_that_is_resumed_keeps_the_micro_batches_that_it_had(tiny_model, tmp_path):
    def run_of(step: LoraStep) -> TrainingRun:
        optimizer = partial(torch.optim.AdamW, lr=0.1)
        return TrainingRun(tuned.network, optimizer, rng=random.Random(0), progress=UNWATCHED, finder=step)

    tuned = disturbed(tiny_model, LoraTraining(rank=4))
    checkpoints = FolderCheckpoints(tmp_path, fingerprint="one", every_seconds=0)
    limit = MicroBatchLimit(tokens=45, checkpointed=True)
    checkpoints.save(run_of(LoraStep(tuned, limit=limit)).save, step=1)
    again = LoraStep(tuned)
    run_of(again).resume(checkpoints)
    assert again.limit == limit


def test_where_measuring_takes_too_much_examples_go_through_one_by_one(tiny_model):
    tuned = disturbed(tiny_model, LoraTraining(rank=4))
    batch = BATCHES["no shared prefix"]
    expected = plain_gradients(tuned, batch)
    taken_gradients(tuned)
    calls = []

    def run_out_at_first(*_: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise torch.OutOfMemoryError("no room")

    hook = tuned.backbone.register_forward_pre_hook(run_out_at_first)
    step = LoraStep(tuned)
    assert step.accumulate_gradients(batch) == pytest.approx(expected, rel=1e-5)
    hook.remove()
    assert step.limit == MicroBatchLimit(tokens=1, checkpointed=True)


def test_an_example_that_is_too_much_even_when_checkpointed_is_an_error(tiny_model):
    tuned = disturbed(tiny_model, LoraTraining(rank=4))

    def run_out(*_: object) -> None:
        raise torch.OutOfMemoryError("no room")

    tuned.backbone.layers[1].register_forward_pre_hook(run_out)
    step = LoraStep(tuned, limit=MicroBatchLimit(tokens=1))
    with pytest.raises(torch.OutOfMemoryError):
        step.accumulate_gradients(BATCHES["one example"])
    assert step.limit == MicroBatchLimit(tokens=1, checkpointed=True)


def test_the_adapter_of_a_network_in_bfloat16_computes_in_it_and_learns_in_float32(tiny_weights):
    model = load_language_model(tiny_weights)
    model.network.to(torch.bfloat16)
    tuned = disturbed(model, LoraTraining(rank=4))
    seen = set()
    for name, module in tuned.network.named_modules():
        if name.endswith("lora_A.default"):
            module.register_forward_hook(lambda _module, _arguments, output: seen.add(output.dtype))
    loss = LoraStep(tuned).accumulate_gradients(BATCHES["a shared prefix and unequal lengths"])
    assert seen == {torch.bfloat16}
    assert {gradient.dtype for gradient in taken_gradients(tuned).values()} == {torch.float32}
    assert loss == pytest.approx(
        plain_gradients(tuned, BATCHES["a shared prefix and unequal lengths"]), rel=0.05
    )


def test_gradients_add_up_over_batches(tiny_model):
    tuned = disturbed(tiny_model, LoraTraining(rank=4))
    one, other = BATCHES["one example"], BATCHES["no shared prefix"]
    apart = []
    for batch in (one, other):
        LoraStep(tuned).accumulate_gradients(batch)
        apart.append(taken_gradients(tuned))
    step = LoraStep(tuned)
    step.accumulate_gradients(one)
    step.accumulate_gradients(other)
    for name, both in taken_gradients(tuned).items():
        torch.testing.assert_close(both, apart[0][name] + apart[1][name])


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES.keys())
def test_validation_loss_is_the_plain_loss_over_all_answer_tokens(tiny_model, batch):
    tuned = disturbed(tiny_model, LoraTraining(rank=4))
    expected = plain_gradients(tuned, batch)
    assert LoraStep(tuned).validation_loss(batch) == pytest.approx(expected, rel=1e-5)


def test_every_prompt_keeps_a_token_of_its_own():
    for batch in BATCHES.values():
        assert shared_prompt_length(batch) < min(len(one.prompt) for one in batch)
    assert shared_prompt_length(BATCHES["identical prompts"]) == 24
    assert shared_prompt_length(BATCHES["a shared prefix and unequal lengths"]) >= 40
    assert shared_prompt_length(BATCHES["no shared prefix"]) == 0


def upper_half_trained(model: LanguageModel) -> LanguageModel:
    """The tiny model with an adapter above its lowest layer, which does not learn."""
    return disturbed(model, LoraTraining(rank=4, seed=3, trained_share=0.5))


def computations_of_blocks(model: LanguageModel) -> list[int]:
    """How often each block has computed its attention, from now on."""
    calls = [0] * len(model.backbone.layers)
    for number, block in enumerate(model.backbone.layers):

        def count(*_: object, number: int = number) -> None:
            calls[number] += 1

        block.self_attn.register_forward_pre_hook(count)
    return calls


def test_layers_below_the_adapter_do_not_learn(tiny_model):
    assert frozen_blocks(upper_half_trained(tiny_model).backbone) == 1


def test_where_every_layer_learns_none_is_frozen(tiny_model):
    assert frozen_blocks(disturbed(tiny_model, LoraTraining(trained_share=1.0)).backbone) == 0


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_a_step_whose_prefix_is_kept_has_the_gradients_of_the_plain_one(tiny_model, batch):
    tuned = upper_half_trained(tiny_model)
    expected_loss = plain_gradients(tuned, batch)
    expected = taken_gradients(tuned)
    step = LoraStep(tuned)
    for _ in range(2):
        assert step.accumulate_gradients(batch) == pytest.approx(expected_loss, rel=1e-5)
        for name, gradient in taken_gradients(tuned).items():
            torch.testing.assert_close(gradient, expected[name], rtol=1e-4, atol=1e-6)


def test_frozen_layers_run_a_prefix_once_however_many_steps_there_are(tiny_model):
    tuned = upper_half_trained(tiny_model)
    prefixes = PrefixRunner(tuned.backbone, tuned.device)
    calls = computations_of_blocks(tuned)
    prefix = tokens(20, random.Random(0))
    for _ in range(3):
        prefixes.run(prefix)
    assert calls == [1, 3, 3]


def test_prefixes_are_kept_apart_and_forgotten_in_their_order(tiny_model):
    tuned = upper_half_trained(tiny_model)
    prefixes = PrefixRunner(tuned.backbone, tuned.device)
    for seed in [*range(PrefixRunner.MAX_CACHED + 2), 0]:
        prefix = tokens(10, random.Random(seed))
        expected = run_prefix(tuned.backbone, prefix, tuned.device)
        for ours, theirs in zip(prefixes.run(prefix).layers, expected.layers, strict=True):
            torch.testing.assert_close(ours.keys, theirs.keys)
            torch.testing.assert_close(ours.values, theirs.values)


def test_the_network_is_whole_again_when_a_prefix_cannot_be_run(tiny_model):
    tuned = upper_half_trained(tiny_model)
    prefixes = PrefixRunner(tuned.backbone, tuned.device)
    prefix = tokens(10, random.Random(0))
    expected = prefixes.run(prefix)

    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    hook = tuned.backbone.layers[2].register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError):
        prefixes.run(prefix)
    hook.remove()
    calls = computations_of_blocks(tuned)
    again = run_prefix(tuned.backbone, prefix, tuned.device)
    assert calls == [1, 1, 1]
    torch.testing.assert_close(again.layers[2].keys, expected.layers[2].keys)
