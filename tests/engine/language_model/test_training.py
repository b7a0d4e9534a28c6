"""Training: the shared prefix changes nothing but the time it takes, and the adapter learns."""

from __future__ import annotations

import math
import random

import pytest
import torch
from tiny_engine import UNWATCHED, asked, disturbed, example

from burnish.engine.answer_forms import usual_form
from burnish.engine.language_model.deciding import candidate_scores
from burnish.engine.language_model.network import LanguageModel, load_language_model
from burnish.engine.language_model.prefix import PrefixRunner, frozen_blocks, run_prefix
from burnish.engine.language_model.training import (
    MICRO_BATCH,
    Epochs,
    LoraTraining,
    TokenizedExample,
    accumulate_gradients,
    batches,
    learning_rate_multiplier,
    save_adapter,
    shared_prompt_length,
    train,
    validation_loss,
)
from burnish.engine.language_model.trie import trie_of
from burnish.engine.tunable_model import Progress

FORM = usual_form("type")


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
    "more examples than a micro-batch": batch_sharing(
        30, [3, 9, 4, 12, 7, 1, 20, 6, 2][: 2 * MICRO_BATCH + 1]
    ),
    "no shared prefix": batch_sharing(0, [12, 25, 7, 18, 9]),
    "identical prompts": batch_sharing(25, [0, 0, 0, 0, 0]),
    "a prompt that is the beginning of another": batch_sharing(25, [0, 8, 3]),
    "one example": batch_sharing(20, [6]),
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
    loss = accumulate_gradients(tuned, batch)
    ours = taken_gradients(tuned)
    expected_loss = plain_gradients(tuned, batch)
    expected = taken_gradients(tuned)
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    for name, gradient in expected.items():
        error = (ours[name] - gradient).norm() / gradient.norm()
        assert error < 1e-5, f"{name}: {error:.1e}"


def test_gradients_add_up_over_batches(tiny_model):
    tuned = disturbed(tiny_model, LoraTraining(rank=4))
    one, other = BATCHES["one example"], BATCHES["no shared prefix"]
    apart = []
    for batch in (one, other):
        accumulate_gradients(tuned, batch)
        apart.append(taken_gradients(tuned))
    accumulate_gradients(tuned, one)
    accumulate_gradients(tuned, other)
    for name, both in taken_gradients(tuned).items():
        torch.testing.assert_close(both, apart[0][name] + apart[1][name])


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES.keys())
def test_validation_loss_is_the_plain_loss_over_all_answer_tokens(tiny_model, batch):
    tuned = disturbed(tiny_model, LoraTraining(rank=4))
    expected = plain_gradients(tuned, batch)
    assert validation_loss(tuned, batch) == pytest.approx(expected, rel=1e-5)


def test_every_prompt_keeps_a_token_of_its_own():
    for batch in BATCHES.values():
        assert shared_prompt_length(batch) < min(len(one.prompt) for one in batch)
    assert shared_prompt_length(BATCHES["identical prompts"]) == 24
    assert shared_prompt_length(BATCHES["a shared prefix and unequal lengths"]) >= 40
    assert shared_prompt_length(BATCHES["no shared prefix"]) == 0


WORDS = ("ledger", "sonnet", "turbine", "orchard", "harbour", "velvet")


def page_and_label(rng: random.Random) -> tuple[str, str]:
    """A page that says what it is, in the midst of words that say nothing."""
    label = rng.choice(("form", "form_letter", "invoice"))
    mark = {"form": "zzz", "form_letter": "QQQ", "invoice": "000"}[label]
    words = [*rng.sample(WORDS, 2), mark, mark, mark, mark]
    rng.shuffle(words)
    return " ".join(words), label


def sorted_pages(model: LanguageModel, count: int, *, seed: int) -> list[TokenizedExample]:
    rng = random.Random(seed)
    pages = [page_and_label(rng) for _ in range(count)]
    return [example(model, page, FORM.answer(label)) for page, label in pages]


def always(examples: list[TokenizedExample]) -> Epochs:
    """The same examples in every epoch."""
    return lambda epoch: examples


def losses_of(weights, training: list[TokenizedExample], settings: LoraTraining) -> list[float]:
    losses: list[float] = []
    progress = Progress(on_step=lambda step: losses.append(step.loss), on_validation=lambda validation: None)
    train(load_language_model(weights), always(training), [], settings=settings, progress=progress)
    return losses


def test_training_teaches_what_the_page_says_and_deciding_finds_it(tiny_model):
    labels = ["form", "form_letter", "invoice"]
    steps, validations = [], []
    progress = Progress(on_step=steps.append, on_validation=validations.append)
    settings = LoraTraining(epochs=5, rank=16, learning_rate=1e-2, trained_share=1.0)
    training, validation = sorted_pages(tiny_model, 96, seed=1), sorted_pages(tiny_model, 12, seed=2)
    tuned = train(tiny_model, always(training), validation, settings=settings, progress=progress)
    assert steps[-1].loss < steps[0].loss / 10
    assert [one.loss for one in validations] == sorted((one.loss for one in validations), reverse=True)

    rng = random.Random(3)
    pages = [page_and_label(rng) for _ in range(30)]
    trie = trie_of([tuned.answer_tokens(FORM.answer(label)) for label in labels])
    prompts = [tuned.prompt_tokens(asked(page)) for page, _ in pages]
    empty = run_prefix(tuned.backbone, [], tuned.device)
    best = candidate_scores(tuned, prompts, trie, empty, 0).argmax(dim=1).tolist()
    right = sum(labels[index] == label for index, (_, label) in zip(best, pages, strict=True))
    assert right >= 27


def test_training_leaves_the_base_weights_as_they_were(tiny_weights, tiny_model):
    settings = LoraTraining(epochs=1, batch_size=2, learning_rate=1e-2)
    examples = sorted_pages(tiny_model, 6, seed=1)
    tuned = train(tiny_model, always(examples), examples, settings=settings, progress=UNWATCHED)
    before = load_language_model(tiny_weights).network.state_dict()
    inside = tuned.network.get_base_model().state_dict()
    after = {name.replace(".base_layer", ""): value for name, value in inside.items() if "lora_" not in name}
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_same_seed_gives_the_same_losses_and_another_seed_others(tiny_weights, tiny_model):
    examples = sorted_pages(tiny_model, 12, seed=1)
    settings = LoraTraining(epochs=2, batch_size=4, seed=7)
    first = losses_of(tiny_weights, examples, settings)
    torch.manual_seed(99)
    random.seed(99)
    assert losses_of(tiny_weights, examples, settings) == first
    assert losses_of(tiny_weights, examples, LoraTraining(epochs=2, batch_size=4, seed=8)) != first


def test_training_further_begins_where_the_saved_adapter_ended(tiny_weights, tmp_path):
    model = load_language_model(tiny_weights)
    examples = sorted_pages(model, 6, seed=1)
    settings = LoraTraining(epochs=3, batch_size=6, rank=4)
    tuned = train(model, always(examples), examples, settings=settings, progress=UNWATCHED)
    reached = validation_loss(tuned, examples)
    save_adapter(tuned, tmp_path)
    before = (tmp_path / "adapter_model.safetensors").read_bytes()
    losses = []
    progress = Progress(on_step=lambda step: losses.append(step.loss), on_validation=lambda _: None)
    further = train(
        load_language_model(tiny_weights),
        always(examples),
        examples,
        settings=settings,
        progress=progress,
        starting_from=tmp_path,
    )
    assert losses[0] == pytest.approx(reached, rel=1e-4)
    assert validation_loss(further, examples) < reached
    assert (tmp_path / "adapter_model.safetensors").read_bytes() == before


def test_every_step_is_told_in_order_and_every_epoch_validated(tiny_model):
    steps, validations = [], []
    progress = Progress(on_step=steps.append, on_validation=validations.append)
    examples = sorted_pages(tiny_model, 7, seed=1)
    settings = LoraTraining(epochs=2, batch_size=3)
    train(tiny_model, always(examples), examples[:2], settings=settings, progress=progress)
    assert [(step.number, step.epoch, step.total) for step in steps] == [
        *((number, 0, 6) for number in range(3)),
        *((number, 1, 6) for number in range(3, 6)),
    ]
    assert [(one.step, one.epoch) for one in validations] == [(2, 0), (5, 1)]


def test_every_epoch_is_trained_on_examples_of_its_own(tiny_model):
    epochs = [sorted_pages(tiny_model, 6, seed=seed) for seed in (1, 2)]
    asked_for = []

    def training(epoch: int) -> list[TokenizedExample]:
        asked_for.append(epoch)
        return epochs[epoch]

    untrained = validation_loss(tiny_model, epochs[0])
    settings = LoraTraining(epochs=2, batch_size=6, warmup_steps=0)
    losses = []
    progress = Progress(on_step=lambda step: losses.append(step.loss), on_validation=lambda validation: None)
    train(tiny_model, training, [], settings=settings, progress=progress)
    assert asked_for == [0, 1]
    assert losses[0] == pytest.approx(untrained, rel=1e-4)


def test_without_validation_examples_nothing_is_validated(tiny_model):
    validations = []
    progress = Progress(on_step=lambda step: None, on_validation=validations.append)
    train(
        tiny_model,
        always(sorted_pages(tiny_model, 4, seed=1)),
        [],
        settings=LoraTraining(epochs=1),
        progress=progress,
    )
    assert validations == []


def test_a_listener_that_raises_ends_the_training(tiny_model):
    class StopAsked(Exception):
        pass

    steps = []

    def stop_at_the_second(step) -> None:
        steps.append(step.number)
        if step.number == 1:
            raise StopAsked

    progress = Progress(on_step=stop_at_the_second, on_validation=lambda validation: None)
    examples = sorted_pages(tiny_model, 8, seed=1)
    with pytest.raises(StopAsked):
        train(tiny_model, always(examples), [], settings=LoraTraining(batch_size=2), progress=progress)
    assert steps == [0, 1]


@pytest.mark.parametrize(("share", "adapted"), [(2 / 3, {1, 2}), (1 / 3, {2}), (0.01, {2}), (1.0, {0, 1, 2})])
def test_only_the_upper_layers_get_an_adapter(tiny_model, share, adapted):
    tuned = disturbed(tiny_model, LoraTraining(trained_share=share))
    names = [name for name, weight in tuned.network.named_parameters() if weight.requires_grad]
    assert {int(name.partition(".layers.")[2].partition(".")[0]) for name in names} == adapted


def test_an_epoch_sees_every_example_once_in_a_new_order():
    examples = BATCHES["more examples than a micro-batch"]
    shuffler = random.Random(0)
    orders = [[one for batch in batches(examples, 4, shuffler) for one in batch] for _ in range(2)]
    assert orders[0] != orders[1]
    for order in orders:
        assert sorted(order, key=str) == sorted(examples, key=str)
    assert [len(batch) for batch in batches(examples, 4, shuffler)] == [4, 4, 1]


def test_the_learning_rate_rises_and_then_falls_to_a_tenth():
    multipliers = [learning_rate_multiplier(step, 100, 10) for step in range(100)]
    assert multipliers[:11] == sorted(multipliers[:11])
    assert multipliers[10:] == sorted(multipliers[10:], reverse=True)
    assert max(multipliers) == 1.0
    assert multipliers[-1] == pytest.approx(0.1, abs=0.01)
    assert all(0 < factor <= 1 for factor in multipliers)


@pytest.mark.parametrize("total", [1, 2, 3])
def test_a_warm_up_longer_than_the_training_still_learns(total):
    multipliers = [learning_rate_multiplier(step, total, 1000) for step in range(total)]
    assert all(0 < factor <= 1 and math.isfinite(factor) for factor in multipliers)
    assert max(multipliers) > 0.5


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
    prefixes = PrefixRunner(tuned.backbone, tuned.device)
    for _ in range(2):
        assert accumulate_gradients(tuned, batch, prefixes) == pytest.approx(expected_loss, rel=1e-5)
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
