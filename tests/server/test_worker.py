"""What the worker makes of a job's records and hyperparameters before it trains."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from burnish.engine.language_model import load_language_model
from burnish.engine.training import LoraTraining
from burnish.errors import InvalidRecords
from burnish.families import family_named
from burnish.records import Content, Message, Record
from burnish.server.job_records import PlacedRecord
from burnish.server.store import Job
from burnish.server.worker import _examples, _settings

JOB = Job(
    arn="arn:aws:bedrock:us-east-1:123456789012:model-customization-job/local.a-v1:0/abcdefghijkl",
    region="us-east-1",
    name="job",
    model_name="model",
    base_model_id="local.a-v1:0",
    request={},
    hyperparameters=family_named("open_weights").tuning("local.a-v1:0").defaults(),
)


def test_records_that_are_too_long_are_named_before_training(tiny_weights):
    model = load_language_model(tiny_weights)
    texts = ["short", "word " * model.context, "short", "word " * model.context * 2]
    records = [placed(text, line) for line, text in enumerate(texts, 1)]
    assert len(_examples(model, [records[0], records[2]], {})) == 2
    with pytest.raises(InvalidRecords) as refused:
        _examples(model, records, {})
    found = re.findall(r"train\.jsonl, line (\d): \d+ tokens; the model sees (\d+)", str(refused.value))
    assert found == [("2", str(model.context)), ("4", str(model.context))]


def placed(text: str, line: int) -> PlacedRecord:
    turns = (("user", text), ("assistant", "a"))
    messages = [Message(role=role, content=[Content(text=said)]) for role, said in turns]
    return PlacedRecord(record=Record(messages=messages), where="s3://bucket/train.jsonl", line=line)


def test_hyperparameters_become_numbers():
    given = {**JOB.hyperparameters, "epochCount": "3", "lineDropout": "0", "loraRank": "4.0"}
    settings = _settings(replace(JOB, hyperparameters=given))
    assert (settings.epochs, settings.line_dropout, settings.rank) == (3, 0.0, 4)


def test_a_family_without_our_own_hyperparameters_trains_with_the_usual_ones():
    nova = family_named("nova").tuning("amazon.nova-micro-v1:0:128k").defaults()
    settings = _settings(replace(JOB, hyperparameters=nova))
    assert settings.learning_rate == 1e-5
    assert settings.line_dropout == LoraTraining().line_dropout


@pytest.mark.parametrize("name", ["llama", "nova", "open_weights"])
def test_the_hyperparameters_of_every_family_that_is_answered_are_understood(name):
    family = family_named(name)
    tunings = [tuning for model in family.models for tuning in model.tunings.values()]
    for tuning in [*tunings, *family.usual_tunings.values()]:
        settings = _settings(replace(JOB, hyperparameters=tuning.defaults()))
        assert settings.epochs >= 1
