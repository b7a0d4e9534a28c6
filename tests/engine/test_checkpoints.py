"""A checkpoint is whole or passed over, and is of the same training or passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from burnish.engine import checkpoints as module
from burnish.engine.checkpoints import MANIFEST, FolderCheckpoints, fingerprint_of
from burnish.engine.conversations import Conversation, Example, TrainingData


@pytest.fixture
def checkpoints(tmp_path) -> FolderCheckpoints:
    return FolderCheckpoints(tmp_path, fingerprint="one", every_seconds=0)


def save(checkpoints: FolderCheckpoints, step: int) -> None:
    checkpoints.save(lambda folder: (folder / "weights").write_text(f"after {step}"), step=step)


def name_no_files(manifest: Path) -> None:
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**said, "files": {}}))


def test_the_latest_is_found_and_the_one_before_kept(checkpoints, tmp_path):
    assert checkpoints.latest() is None
    for step in (1, 9, 10):
        save(checkpoints, step)
    assert checkpoints.latest() == tmp_path / "step-10"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-10", "step-9"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / MANIFEST).unlink(),
        lambda folder: (folder / MANIFEST).write_text("{"),
        lambda folder: (folder / "weights").write_text("aft"),
        lambda folder: (folder / "weights").unlink(),
        lambda folder: (folder / "more").write_text("of another"),
        lambda folder: name_no_files(folder / MANIFEST),
    ],
    ids=["no manifest", "half a manifest", "half a file", "a file is missing", "a file too many", "no files"],
)
def test_one_that_is_not_whole_is_passed_over_for_the_one_before(checkpoints, tmp_path, damage):
    save(checkpoints, 1)
    save(checkpoints, 2)
    damage(tmp_path / "step-2")
    assert checkpoints.latest() == tmp_path / "step-1"


def test_one_of_other_data_is_passed_over(checkpoints, tmp_path):
    save(checkpoints, 1)
    assert FolderCheckpoints(tmp_path, fingerprint="other", every_seconds=0).latest() is None


def test_what_a_killed_process_has_left_half_written_goes(checkpoints, tmp_path):
    (tmp_path / ".step-4-abc").mkdir(parents=True)
    assert checkpoints.latest() is None
    assert list(tmp_path.iterdir()) == []


def test_a_slow_disk_is_written_to_less_often(tmp_path, monkeypatch):
    clock = iter([0.0, 0.0, 10.0, 10.0 + 499, 10.0 + 501])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    checkpoints = FolderCheckpoints(tmp_path, fingerprint="one", every_seconds=60)
    save(checkpoints, 1)
    assert not checkpoints.is_due
    assert checkpoints.is_due


def test_parts_of_a_training_have_checkpoints_of_their_own(checkpoints, tmp_path):
    save(checkpoints.within("member"), 3)
    assert checkpoints.latest() is None
    assert checkpoints.within("member").latest() == tmp_path / "member" / "step-3"


def test_a_fingerprint_tells_data_settings_and_weights_apart():
    def data(answer: str) -> TrainingData:
        asked = Conversation(system="", turns=())
        return TrainingData(training=(Example(conversation=asked, answer=answer),))

    prints = {
        fingerprint_of(data("a"), {"epochs": 2}, weights="one"),
        fingerprint_of(data("a"), {"epochs": 2}, weights="other"),
        fingerprint_of(data("b"), {"epochs": 2}, weights="one"),
        fingerprint_of(data("a"), {"epochs": 3}, weights="one"),
        fingerprint_of(
            TrainingData(training=(), validation=data("a").training), {"epochs": 2}, weights="one"
        ),
    }
    assert len(prints) == 5
    assert fingerprint_of(data("a"), {"epochs": 2}, weights="one") in prints
