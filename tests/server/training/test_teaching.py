"""Answers of a teacher: kept as they are given, and put into the records that have none."""

from __future__ import annotations

import pytest

from burnish.records import Content, Message, Record
from burnish.server.training.job_records import JobRecords, PlacedRecord
from burnish.server.training.teaching import TeacherAnswers, answered, unanswered

ANSWERS = ["an invoice", "two\nlines and \u2028", "é"]


@pytest.fixture
def kept(tmp_path):
    answers = TeacherAnswers(tmp_path / "teacher.jsonl")
    answers.append(ANSWERS[:2])
    answers.append(ANSWERS[2:])
    return answers


def test_answers_come_back_as_they_were_given(kept):
    assert kept.kept() == ANSWERS


@pytest.mark.parametrize("cut", range(1, 45))
def test_an_answer_that_was_cut_off_is_given_again(kept, cut):
    whole = kept.path.read_bytes()
    kept.path.write_bytes(whole[:-cut])
    there = kept.kept()
    assert there == ANSWERS[: len(there)]
    kept.append(ANSWERS[len(there) :])
    assert kept.path.read_bytes() == whole
    assert kept.kept() == ANSWERS


def test_nothing_is_kept_before_the_first_answer(tmp_path):
    assert TeacherAnswers(tmp_path / "teacher.jsonl").kept() == []


def placed(line: int, *texts: str) -> PlacedRecord:
    roles = ("user", "assistant") * len(texts)
    messages = [
        Message(role=role, content=[Content(text=text)]) for role, text in zip(roles, texts, strict=False)
    ]
    return PlacedRecord(record=Record(messages=messages), where="s3://b/k", line=line)


def test_a_record_that_has_an_answer_keeps_it():
    records = JobRecords(training=[placed(1, "A?"), placed(2, "B?", "b"), placed(3, "C?")])
    assert [one.line for one in unanswered(records)] == [1, 3]
    taught = answered(records, ["a", "c"])
    assert [one.record.answer for one in taught.training] == ["a", "b", "c"]
    assert [len(one.record.messages) for one in taught.training] == [2, 2, 2]
