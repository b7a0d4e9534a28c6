"""An adapter that is merged, and what leaves the machine of either."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from PIL import Image, ImageDraw
from tiny_engine import asked, disturbed
from tiny_vision_models import write_vision_model

from burnish.engine.conversations import Conversation, Turn
from burnish.engine.inference_messages import Choice
from burnish.engine.kinds import LANGUAGE_MODEL, READING_FILE
from burnish.engine.language_model.decision import Decision, save_decision
from burnish.engine.language_model.training import LoraTraining, save_adapter
from burnish.engine.language_model.tunable import TunableLanguageModel
from burnish.engine.merging import mergeable_base, portable_config, require_same_weights, write_merged
from burnish.engine.pages import PageContent
from burnish.engine.portable_models import checksums_of, write_portable
from burnish.engine.vision_language.network import load_vision_language_model
from burnish.engine.vision_language.tunable import TunableVisionLanguageModel
from burnish.errors import InvalidInput
from burnish.tuned_models.model_manifest import ANSWERS, BaseWeights, ModelManifest, TrainingFigures

CHOICE = Choice(name="type", labels=("invoice", "letter", "receipt"))
TEXTS = ("Total due: 12", "Dear Sir, yours faithfully", "Thank you for shopping")
FIGURES = TrainingFigures(training_records=3, validation_records=0)


@pytest.fixture
def tuned(adapter_folder) -> Path:
    folder = adapter_folder("tuned", decision=Decision(page_tokens=77))
    (folder / READING_FILE).write_bytes(b"{}")
    return folder


@pytest.fixture
def portable(tuned, tiny_weights, tmp_path) -> tuple[Path, BaseWeights]:
    (base,) = write_portable(tuned, tiny_weights, {"tiny": "someone/tiny"}, tmp_path / "portable")
    return tmp_path / "portable", base


@pytest.fixture
def merged(portable, tiny_weights, tmp_path) -> Path:
    folder, base = portable
    to = tmp_path / "merged"
    to.mkdir()
    write_merged(tiny_weights, folder, base, to)
    return to


def log_probabilities(weights: Path, tuned: Path | None) -> list[float]:
    model = TunableLanguageModel(weights).answering(tuned)
    answers = model.decide([asked(text) for text in TEXTS], CHOICE)
    return [math.log(value) for answer in answers for value in answer.probabilities.values()]


def test_a_merged_model_decides_as_its_adapter_does(tiny_weights, tuned, merged):
    expected = log_probabilities(tiny_weights, tuned)
    assert log_probabilities(merged, merged / ANSWERS) == pytest.approx(expected, abs=1e-3)
    assert expected != pytest.approx(log_probabilities(tiny_weights, None), abs=0.1)


@pytest.fixture
def seeing(tiny_weights, tmp_path) -> tuple[Path, Path]:
    """A tiny model that sees: its weights, and what was tuned from them."""
    weights, tuned = write_vision_model("idefics3", tmp_path / "sees", tiny_weights), tmp_path / "tuned-sees"
    model, _ = load_vision_language_model(weights)
    save_adapter(disturbed(model, LoraTraining(rank=4)), tuned)
    save_decision(Decision(), tuned)
    (tuned / READING_FILE).write_bytes(b"{}")
    return weights, tuned


def test_a_merged_model_that_sees_answers_without_burnish_as_its_adapter_does(seeing, tmp_path):
    from transformers import AutoModelForImageTextToText, AutoProcessor

    weights, tuned = seeing
    portable, merged = tmp_path / "portable-sees", tmp_path / "merged-sees"
    (base,) = write_portable(tuned, weights, {"sees": "someone/sees"}, portable)
    merged.mkdir()
    write_merged(weights, portable, base, merged)
    page, text = Image.new("RGB", (80, 100), "gray"), "Which type?"
    ImageDraw.Draw(page).rectangle((5, 5, 40, 60), fill="black")

    def logits(network: Any, processor: Any) -> torch.Tensor:
        if processor.chat_template is None:
            processor.chat_template = processor.tokenizer.chat_template
        asked = processor.apply_chat_template([{"role": "user", "content": "<image>" + text}], tokenize=False)
        return network.eval()(**processor(text=[asked], images=[page], return_tensors="pt")).logits

    base_network = AutoModelForImageTextToText.from_pretrained(weights)
    processors = [AutoProcessor.from_pretrained(folder) for folder in (weights, merged)]
    with torch.no_grad():
        plain = logits(base_network, processors[0])
        expected = logits(PeftModel.from_pretrained(base_network, tuned), processors[0])
        found = logits(AutoModelForImageTextToText.from_pretrained(merged), processors[1])
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    assert (expected - plain).abs().max() > 0.1


def test_a_merged_model_that_sees_decides_as_its_adapter_does(seeing, tmp_path):
    weights, tuned = seeing
    portable, merged = tmp_path / "portable-sees", tmp_path / "merged-sees"
    (base,) = write_portable(tuned, weights, {"sees": "someone/sees"}, portable)
    merged.mkdir()
    write_merged(weights, portable, base, merged)
    stream = io.BytesIO()
    Image.new("L", (80, 100), 90).save(stream, "PNG")
    turn = Turn(role="user", text="Which type?", pages=(PageContent(image=stream.getvalue()),))

    def probabilities(folder: Path, tuned: Path) -> list[float]:
        asked = Conversation(system="You sort documents.", turns=(turn,))
        (answer,) = TunableVisionLanguageModel(folder).answering(tuned).decide([asked], CHOICE)
        return [*answer.probabilities.values()]

    expected = probabilities(weights, tuned)
    assert probabilities(merged, merged / ANSWERS) == pytest.approx(expected, abs=1e-3)


def test_a_portable_adapter_decides_as_before(tiny_weights, tuned, portable):
    assert log_probabilities(tiny_weights, portable[0]) == log_probabilities(tiny_weights, tuned)


def test_what_leaves_the_machine_names_no_folder_of_it(portable, merged, tmp_path, tiny_weights):
    for folder in (portable[0], merged):
        texts = [path.read_text() for path in folder.rglob("*") if path.suffix in (".json", ".md", ".jinja")]
        assert texts
        assert not [text for text in texts if str(tmp_path) in text or str(tiny_weights) in text]
    config = json.loads((portable[0] / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "someone/tiny"


def test_an_adapter_leaves_with_its_tokenizer_and_template(portable):
    from transformers import AutoTokenizer

    folder, base = portable
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    assert tokenizer.apply_chat_template([{"role": "user", "content": "a"}], tokenize=False)
    assert set(checksums_of(folder)) >= {"adapter_config.json", "adapter_model.safetensors", "tokenizer.json"}
    assert base.kind == LANGUAGE_MODEL.name


def test_weights_other_than_those_that_were_tuned_are_refused(portable, tiny_weights, merged):
    require_same_weights(portable[1], tiny_weights)
    with pytest.raises(InvalidInput, match=r"someone/tiny .* are others .*--base"):
        require_same_weights(portable[1], merged)


def test_a_model_without_an_adapter_of_a_writer_is_not_merged():
    base = BaseWeights(name="page-features", source="page-features", kind="page-features")
    manifest = ModelManifest(
        model_name="pages", kind=base.kind, base_model_id="local.x", bases=(base,), figures=FIGURES, files={}
    )
    with pytest.raises(InvalidInput, match=r"pages is a model of the kind page-features.*--format adapter"):
        mergeable_base(manifest)


def test_configs_tell_earlier_versions_of_transformers_the_positions_and_the_dtype():
    said = {
        "dtype": "bfloat16",
        "rope_parameters": {"rope_theta": 100000.0, "rope_type": "default"},
        "text_config": {"rope_parameters": {"rope_theta": 5e5, "rope_type": "llama3", "factor": 8.0}},
    }
    config = portable_config(said)
    assert (config["torch_dtype"], config["rope_theta"], config["rope_scaling"]) == ("bfloat16", 1e5, None)
    inner = config["text_config"]
    assert (inner["rope_theta"], inner["rope_scaling"]) == (5e5, {"rope_type": "llama3", "factor": 8.0})
