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
from burnish.server.resources import CustomModel, Job
from burnish.server.store import Store
from burnish.server.training.attempt import Attempt
from burnish.server.training.job_records import PlacedRecord
from burnish.server.training.worker import Work, _examples, _keep

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
    """A disk of 64 KiB in the place of the folder of models."""
    folder = tmp_path / "models"
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
    store, said = Store(small_disk.parent), []
    store.add(JOB)
    attempt = Attempt(replace(JOB, attempts=store.begin_attempt(JOB.arn)), store)
    work = Work(attempt=attempt, storage=None, data=small_disk.parent, weights=tiny_weights, job_log=None)
    work.steps.append(Step(number=0, epoch=0, total=1, loss=0.5))
    making_room = threading.Timer(1, lambda: (said.append(store.get(Job, JOB.arn)), enlarge(small_disk)))
    making_room.start()
    _keep(work, tuned, ())
    making_room.join()
    assert [job.waiting_for for job in said] == ["for space on the server's disk, which is full"]
    job = store.get(Job, JOB.arn)
    model = store.get(CustomModel, job.model_arn)
    assert (job.status, job.waiting_for) == ("Completed", None)
    with_saved_adapter(load_language_model(tiny_weights), model.adapter_in(small_disk.parent))


def enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
