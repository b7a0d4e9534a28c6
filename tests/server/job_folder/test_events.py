"""Events are appended whole, or not read at all."""

from __future__ import annotations

import os

import pytest

from burnish.server.job_folder import events
from burnish.server.job_folder.events import EventReader, EventWriter, JobEvent
from burnish.server.resources import JobPhase

BEGUN = JobEvent(at=1.0, phases={"training": JobPhase(status="InProgress")}, waiting_for=None)


def test_a_reader_gives_each_event_once(tmp_path):
    writer, reader = EventWriter(tmp_path / "events"), EventReader(tmp_path / "events")
    assert list(reader.new()) == []
    writer.write(BEGUN)
    assert list(reader.new()) == [BEGUN]
    later = JobEvent(at=2.0, progress=3)
    writer.write(later)
    assert list(reader.new()) == [later]
    assert list(reader.new()) == []


def test_only_what_has_changed_is_written():
    assert JobEvent(at=2.0, progress=3).changes() == {"progress": 3}
    assert JobEvent(at=2.0, waiting_for=None).changes() == {"waiting_for": None}


def test_half_of_an_event_is_not_read_before_its_end_is_there(tmp_path):
    path = tmp_path / "events"
    EventWriter(path).write(BEGUN)
    line = path.read_bytes()
    path.write_bytes(line[:-5])
    reader = EventReader(path)
    assert list(reader.new()) == []
    path.write_bytes(line)
    assert list(reader.new()) == [BEGUN]


def test_an_event_that_a_full_disk_has_cut_off_is_written_again(tmp_path, monkeypatch):
    path = tmp_path / "events"
    writer = EventWriter(path)
    writer.write(BEGUN)

    def full(descriptor: int, content: bytes) -> None:
        os.write(descriptor, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(events, "_write_all", full)
        with pytest.raises(OSError, match="No space"):
            writer.write(JobEvent(at=2.0, progress=3))
    writer.write(JobEvent(at=3.0, progress=4))
    assert [event.at for event in EventReader(path).new()] == [1.0, 3.0]


def test_a_damaged_line_is_passed_over(tmp_path):
    path = tmp_path / "events"
    path.write_bytes(b'{"at": "yesterday"}\n')
    reader = EventReader(path)
    assert list(reader.new()) == []
    writer = EventWriter(path)
    writer._size = path.stat().st_size
    writer.write(BEGUN)
    assert list(reader.new()) == [BEGUN]
