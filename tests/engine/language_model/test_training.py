"""Training: the adapter learns, and the loop tells how far it has come."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
import torch
from tiny_engine import UNWATCHED, asked, disturbed, example

from burnish.engine.answer_forms import usual_form
from burnish.engine.checkpoints import FolderCheckpoints
from burnish.engine.language_model.deciding import candidate_scores
from burnish.engine.language_model.network import LanguageModel, load_language_model
from burnish.engine.language_model.prefix import run_prefix
from burnish.engine.language_model.training import (
    Epochs,
    LoraTraining,
    learning_rate_multiplier,
    optimize,
    save_adapter,
    train,
    with_adapter,
)
from burnish.engine.language_model.training_step import LoraStep, TokenizedExample
from burnish.engine.language_model.trie import trie_of
from burnish.engine.tunable_model import Progress

FORM = usual_form("type")


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


def trained_weights(model: LanguageModel) -> dict[str, torch.Tensor]:
    learning = {name: one for name, one in model.network.named_parameters() if one.requires_grad}
    return {name: one.detach().clone() for name, one in learning.items()}


def validated_by(tuned: LanguageModel, validate: Callable[[], float]) -> LoraStep:
    """A step whose validation losses come from elsewhere."""
    step = LoraStep(tuned)
    step.validation_loss = lambda *_, **__: validate()
    return step


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
    reached = LoraStep(tuned).validation_loss(examples)
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
    assert LoraStep(further).validation_loss(examples) < reached
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

    untrained = LoraStep(tiny_model).validation_loss(epochs[0])
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


def test_a_training_ends_when_its_time_is_over_with_what_it_has_learned(tiny_model):
    steps, validations = [], []
    progress = Progress(on_step=steps.append, on_validation=validations.append)
    examples = sorted_pages(tiny_model, 6, seed=1)
    settings = LoraTraining(epochs=50, batch_size=3, max_minutes=1e-6)
    train(tiny_model, always(examples), examples[:2], settings=settings, progress=progress)
    assert (len(steps), len(validations)) == (1, 1)


def test_a_training_that_is_to_end_makes_one_step_at_least_and_validates(tiny_model):
    steps, validations = [], []
    progress = Progress(on_step=steps.append, on_validation=validations.append, is_to_end=lambda: True)
    examples = sorted_pages(tiny_model, 6, seed=1)
    settings = LoraTraining(epochs=50, batch_size=3)
    train(tiny_model, always(examples), examples[:2], settings=settings, progress=progress)
    assert (len(steps), len(validations)) == (1, 1)


def test_a_training_that_was_killed_between_its_last_step_and_its_validation_validates(tiny_model, tmp_path):
    class Killed(Exception):
        pass

    def kill() -> float:
        raise Killed

    validations = []
    progress = Progress(on_step=lambda step: None, on_validation=validations.append, is_to_end=lambda: True)
    examples = sorted_pages(tiny_model, 6, seed=1)
    settings = LoraTraining(epochs=50, batch_size=3)
    tuned = with_adapter(tiny_model, settings)

    def attempt(validate) -> None:
        checkpoints = FolderCheckpoints(tmp_path, fingerprint="one", every_seconds=0)
        optimize(
            tuned.network,
            always(examples),
            examples,
            step=validated_by(tuned, validate),
            settings=settings,
            progress=progress,
            checkpoints=checkpoints,
        )

    with pytest.raises(Killed):
        attempt(kill)
    attempt(lambda: 1.5)
    assert [(one.step, one.loss) for one in validations] == [(0, 1.5)]


def test_a_training_whose_validation_loss_does_not_fall_ends_and_its_best_weights_are_kept(tiny_model):
    settings = LoraTraining(epochs=9, batch_size=3, warmup_steps=0, patience=2)
    tuned = with_adapter(tiny_model, settings)
    examples = sorted_pages(tiny_model, 6, seed=1)
    losses = iter([3.0, 2.0, 2.5, 2.1, 1.0])
    learned: list[dict[str, torch.Tensor]] = []

    def validate() -> float:
        learned.append(trained_weights(tuned))
        return next(losses)

    optimize(
        tuned.network,
        always(examples),
        examples,
        step=validated_by(tuned, validate),
        settings=settings,
        progress=UNWATCHED,
    )
    assert len(learned) == 4
    kept = trained_weights(tuned)
    assert all(torch.equal(kept[name], best) for name, best in learned[1].items())
    assert any(not torch.equal(kept[name], last) for name, last in learned[-1].items())


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
