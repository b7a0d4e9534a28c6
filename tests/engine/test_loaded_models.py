"""Models leave the memory when nobody asks them, or when another needs the room, and come back when asked."""

from __future__ import annotations

import logging
import shutil
import weakref

import pytest
from tiny_engine import asked, written_text

from burnish.engine.inference_messages import Choice, ModelPlace, Sampling
from burnish.engine.kinds import PAGE_FEATURES, write_kind, write_pool
from burnish.engine.loaded_models import LoadedModels
from burnish.engine.model_runner import ModelRunner
from burnish.engine.writing import written

CHOICE = Choice(name="type", labels=("form", "letter"))
IDLE = 100.0


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def places(tiny_weights, tmp_path) -> list[ModelPlace]:
    """Three base models."""
    folders = [tmp_path / name for name in ("one", "two", "three")]
    return [ModelPlace(weights=shutil.copytree(tiny_weights, folder)) for folder in folders]


@pytest.fixture
def pool(places, tmp_path) -> ModelPlace:
    """A pool of the first model and page features."""
    for name in ("pool", "features"):
        (tmp_path / name).mkdir()
    write_kind(PAGE_FEATURES, tmp_path / "features")
    write_pool({"one": places[0].weights, "features": tmp_path / "features"}, tmp_path / "pool")
    return ModelPlace(weights=tmp_path / "pool")


def watched(models: LoadedModels, place: ModelPlace) -> weakref.ref:
    """What is None as soon as the network of a loaded model is gone."""
    return weakref.ref(models.bases[place.weights]._model.network)


def decided(runner: ModelRunner, place: ModelPlace) -> dict[str, float]:
    return runner.decide(place, [asked("a page")], CHOICE)[0].probabilities


def test_a_model_that_nobody_asks_is_unloaded_and_answers_the_same_when_it_is_asked_again(
    places, clock, caplog
):
    caplog.set_level(logging.INFO)
    models = LoadedModels(idle_seconds=IDLE, clock=clock)
    runner = ModelRunner(models)
    expected = decided(runner, places[0])
    runner.load(places[1])
    network = watched(models, places[0])
    clock.now += 0.6 * IDLE
    runner.load(places[1])
    runner.unload_idle()
    assert network() is not None
    clock.now += 0.6 * IDLE
    runner.unload_idle()
    assert network() is None
    assert list(models.bases) == [places[1].weights]
    assert "Unloaded one: nobody asked it for 1.66667 minutes" in caplog.text
    assert decided(runner, places[0]) == pytest.approx(expected)
    assert caplog.text.count("Loaded one in") == 2


def test_what_was_unused_for_longest_makes_room_for_another(places, clock, caplog):
    caplog.set_level(logging.INFO)
    size = 2 * (places[0].weights / "model.safetensors").stat().st_size
    models = LoadedModels(room=2 * size, clock=clock)
    runner = ModelRunner(models)
    for number in (0, 1, 0, 2):
        clock.now += 1
        runner.load(places[number])
    assert list(models.bases) == [places[0].weights, places[2].weights]
    assert "Unloaded two: three needs the room" in caplog.text


def test_a_model_larger_than_all_room_is_loaded_alone(places, clock):
    models = LoadedModels(room=1, clock=clock)
    for place in places[:2]:
        models.model(place)
        assert list(models.bases) == [place.weights]


def test_what_was_tuned_from_a_base_goes_and_comes_back_with_it(places, clock, adapter_folder):
    tuned = ModelPlace(weights=places[0].weights, tuned=adapter_folder("tuned"))
    models = LoadedModels(idle_seconds=IDLE, clock=clock)
    runner = ModelRunner(models)
    expected = [decided(runner, place) for place in (places[0], tuned)]
    clock.now += 2 * IDLE
    runner.unload_idle()
    assert not models.bases
    found = [decided(runner, place) for place in (places[0], tuned)]
    assert found == [pytest.approx(one) for one in expected]


def test_a_pool_goes_with_its_members_and_holds_them_while_it_is_asked(places, pool, clock):
    models = LoadedModels(idle_seconds=IDLE, clock=clock)
    runner = ModelRunner(models)
    runner.load(places[0])
    network = watched(models, places[0])
    for _ in range(3):
        decided(runner, pool)
        clock.now += 0.6 * IDLE
        runner.unload_idle()
    assert network() is not None
    clock.now += IDLE
    runner.unload_idle()
    assert network() is None
    assert not models.bases


def test_a_text_that_is_being_written_ends_though_its_model_is_unloaded(places, clock):
    models = LoadedModels(idle_seconds=IDLE, clock=clock)
    runner = ModelRunner(models)
    expected = written_text(runner, places[0], asked("a page"), Sampling(max_tokens=8))
    text = runner.begin(places[0], asked("a page"), Sampling(max_tokens=8))
    text.writer.step()
    clock.now += 2 * IDLE
    runner.unload_idle()
    assert not models.bases
    assert written(text) == expected
