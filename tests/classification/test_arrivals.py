"""A folder that fills."""

from __future__ import annotations

import os

from burnish.classification.arrivals import Arrivals, arrivals_in
from burnish.waiting import Clock

PDF = b"%PDF-1.4 something"


def names(found):
    return [one.name for one in found]


def test_a_file_arrives_once_it_no_longer_grows(tmp_path):
    arrivals = Arrivals(tmp_path)
    (tmp_path / "a.pdf").write_bytes(PDF)
    assert arrivals.complete() == []
    (tmp_path / "a.pdf").write_bytes(PDF * 2)
    assert arrivals.complete() == []
    assert names(arrivals.complete()) == ["a.pdf"]
    assert arrivals.complete() == []


def test_a_file_that_is_changed_later_arrives_again(tmp_path):
    arrivals = Arrivals(tmp_path)
    (tmp_path / "a.pdf").write_bytes(PDF)
    arrivals.complete()
    assert names(arrivals.complete()) == ["a.pdf"]
    os.utime(tmp_path / "a.pdf", (1, 1))
    arrivals.complete()
    assert names(arrivals.complete()) == ["a.pdf"]


def test_each_batch_holds_what_came_since_the_last(tmp_path):
    (tmp_path / "a.pdf").write_bytes(PDF)
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 2:
            (tmp_path / "new").mkdir()
            (tmp_path / "new/b.pdf").write_bytes(PDF)

    batches = arrivals_in(tmp_path, Clock(sleep=sleep))
    assert [names(next(batches)), names(next(batches))] == [["a.pdf"], ["new/b.pdf"]]
