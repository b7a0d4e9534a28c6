"""What the worker makes of a job's records, and of its model when that is trained."""

from __future__ import annotations

import re
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import job_requests
import pytest

from burnish.engine.language_model.decision import Decision
from burnish.engine.language_model.network import load_language_model
from burnish.engine.language_model.training import LoraTraining, with_adapter, with_saved_adapter
from burnish.engine.language_model.tunable import TunableLanguageModel, TunedLanguageModel
from burnish.engine.tunable_model import Step
from burnish.errors import InvalidRecords
from burnish.families import family_named
from burnish.records import Content, Message, Record
from burnish.server.job_folder.events import EventReader
from burnish.server.job_folder.orders import Orders, write_orders
from burnish.server.job_folder.paths import JobFolder
from burnish.server.job_folder.spec import spec_of
from burnish.server.training.attempt import Attempt, Superseded
from burnish.server.training.job_records import PlacedRecord
from burnish.server.training.worker import Work, _examples, _keep, run

#: How many tokens the tiny model can see.
CONTEXT = 4096
JOB = replace(
    job_requests.JOB, hyperparameters=family_named("open_weights").tuning("local.m-v1:0").defaults()
)


def test_records_that_are_too_long_are_named_before_training(tiny_weights):
    model = TunableLanguageModel(tiny_weights)
    texts = ["short", "word " * CONTEXT, "short", "word " * CONTEXT * 2]
    records = [placed(text, line) for line, text in enumerate(texts, 1)]
    assert len(_examples(model, [records[0], records[2]], {})) == 2
    with pytest.raises(InvalidRecords) as refused:
        _examples(model, records, {})
    found = re.findall(
        r"train\.jsonl, line (\d): \d+ tokens; the model's context is (\d+)", str(refused.value)
    )
    assert found == [("2", str(CONTEXT)), ("4", str(CONTEXT))]


def placed(text: str, line: int) -> PlacedRecord:
    turns = (("user", text), ("assistant", "a"))
    messages = [Message(role=role, content=[Content(text=said)]) for role, said in turns]
    return PlacedRecord(record=Record(messages=messages), where="s3://bucket/train.jsonl", line=line)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB in the place of the folder of a job."""
    folder = tmp_path / "job"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a disk that is soon full")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.attack(
    "Files on disk",
    "the disk is full as a job's model is written",
    "the job waits and says so; once there is space, its model is whole",
)
def test_a_model_for_which_the_disk_has_no_room_is_written_once_there_is(tiny_weights, small_disk):
    network = with_adapter(load_language_model(tiny_weights), LoraTraining())
    tuned = TunedLanguageModel(model=network, decision=Decision())
    folder = JobFolder(small_disk)
    write_orders(folder, Orders(attempt=1))
    attempt = Attempt(spec_of(JOB), folder, 1)
    attempt.own_folder.path.mkdir(parents=True)
    attempt.begin()
    work = Work(attempt=attempt, storage=None, weights=tiny_weights, sources={}, job_log=None)
    work.steps.append(Step(number=0, epoch=0, total=1, loss=0.5))
    making_room = threading.Timer(1, enlarge, [small_disk])
    making_room.start()
    _keep(work, tuned, ())
    making_room.join()
    said = [event.waiting_for for event in EventReader(attempt.own_folder.events).new()]
    assert said[0] is None
    assert said[-1] is None
    with_saved_adapter(load_language_model(tiny_weights), attempt.own_folder.model)


@pytest.mark.parametrize("orders", [b'{"attempt": 2}', b"\xff", None])
def test_a_worker_whose_job_is_not_its_own_any_more_says_nothing_of_its_end(tmp_path, orders):
    folder = JobFolder(tmp_path)
    attempt = Attempt(spec_of(JOB), folder, 1)
    attempt.own_folder.path.mkdir(parents=True)
    if orders is not None:
        folder.orders.write_bytes(orders)
    with pytest.raises(Superseded):
        run(Work(attempt=attempt, storage=None, weights=tmp_path, sources={}, job_log=None))
    assert not attempt.own_folder.result.exists()


def enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
