"""What the worker makes of a job's records and hyperparameters before it trains."""

from __future__ import annotations

from dataclasses import replace

import pytest

from burnish.engine.language_model import load_language_model
from burnish.engine.training import LoraTraining
from burnish.errors import InvalidRecords
from burnish.families import family_named
from burnish.records import classification_prompt, classification_record
from burnish.server.store import Job
from burnish.server.worker import _check_counts, _epochs, _settings

PROMPT = classification_prompt(["invoice", "letter"])
URIS = [f"s3://bucket/{number}.png" for number in range(3)]
RECORDS = [
    classification_record(PROMPT, image_uri=uri, bucket_owner="123456789012", label="letter") for uri in URIS
]
PAGES = {uri: "\n".join(f"w{number}" for number in range(12)) for uri in URIS}
JOB = Job(
    arn="arn:aws:bedrock:us-east-1:123456789012:model-customization-job/local.a-v1:0/abcdefghijkl",
    region="us-east-1",
    name="job",
    model_name="model",
    base_model_id="local.a-v1:0",
    request={},
    hyperparameters=family_named("open_weights").tuning("local.a-v1:0").defaults(),
)


@pytest.fixture
def model(tiny_weights):
    return load_language_model(tiny_weights)


def test_every_epoch_lacks_other_lines_and_a_seed_makes_the_same_ones_again(model):
    settings = LoraTraining(line_dropout=0.4, seed=5)
    epochs, again = (_epochs(model, RECORDS, PAGES, settings) for _ in range(2))
    assert epochs(0) == again(0)
    assert epochs(0) != epochs(1)
    assert _epochs(model, RECORDS, PAGES, replace(settings, seed=6))(0) != epochs(0)
    assert all(one.answer == epochs(0)[0].answer for one in epochs(1))


def test_without_line_dropout_every_epoch_sees_the_whole_pages(model):
    epochs = _epochs(model, RECORDS, PAGES, LoraTraining(line_dropout=0))
    assert epochs(0) == epochs(1)
    longest = max(len(one.prompt) for one in _epochs(model, RECORDS, PAGES, LoraTraining())(0))
    assert len(epochs(0)[0].prompt) > longest


def test_a_record_that_is_too_long_is_refused_before_training(model):
    long = replace_text(RECORDS[0], "word " * model.context)
    with pytest.raises(InvalidRecords, match=f"the model sees {model.context}"):
        _epochs(model, [long], PAGES, LoraTraining(line_dropout=0.9))


def replace_text(record, text: str):
    """The record with another text before its page."""
    from burnish.records import Content, Message, Record

    user = Message(role="user", content=[Content(text=text), record.messages[0].content[1]])
    return Record(system=record.system, messages=[user, record.messages[1]])


def test_hyperparameters_become_numbers():
    given = {**JOB.hyperparameters, "epochCount": "3", "lineDropout": "0", "loraRank": "4.0"}
    settings = _settings(replace(JOB, hyperparameters=given))
    assert (settings.epochs, settings.line_dropout, settings.rank) == (3, 0.0, 4)


def test_a_family_without_our_own_hyperparameters_trains_with_the_usual_ones():
    nova = family_named("nova").tuning("amazon.nova-micro-v1:0:128k").defaults()
    settings = _settings(replace(JOB, hyperparameters=nova))
    assert settings.learning_rate == 1e-5
    assert settings.line_dropout == LoraTraining().line_dropout


@pytest.mark.parametrize(
    ("training", "validation", "says"),
    [
        (7, 0, "7 training records are too few: amazon.nova-2-lite-v1:0:256k needs 200"),
        (20_001, 0, "20001 records are too many"),
        (200, 1, "1 validation records are too many: amazon.nova-2-lite-v1:0:256k takes 0"),
    ],
)
def test_records_are_counted_as_the_model_wants(training, validation, says):
    with pytest.raises(InvalidRecords, match=says):
        _check_counts("amazon.nova-2-lite-v1:0:256k", training, validation)
    _check_counts("amazon.nova-micro-v1:0:128k", 8, 1)


@pytest.mark.parametrize("name", ["llama", "nova", "open_weights"])
def test_the_hyperparameters_of_every_family_that_is_answered_are_understood(name):
    family = family_named(name)
    tunings = [tuning for model in family.models for tuning in model.tunings.values()]
    for tuning in [*tunings, *family.usual_tunings.values()]:
        settings = _settings(replace(JOB, hyperparameters=tuning.defaults()))
        assert settings.epochs >= 1
