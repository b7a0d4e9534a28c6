"""The prompts of a distillation answered by its teacher, wherever that is; each answer is kept at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from burnish.checking import raise_for
from burnish.engine.conversations import prompt_of
from burnish.engine.inference_messages import ModelPlace
from burnish.engine.kinds import loaded, reading_of
from burnish.engine.pages import PageContent, Reading
from burnish.errors import InvalidRecords
from burnish.server.job_folder.attempt_input import RemoteTeacher
from burnish.server.training.job_records import MAX_MESSAGE_LENGTH, JobRecords, PlacedRecord
from burnish.server.training.remote_teaching import AskedTeacher
from burnish.server.training.teaching import (
    USUAL_MAX_TOKENS,
    TeacherAnswers,
    answered,
    teacher_answers,
    unanswered,
)
from burnish.server.training.work import Work

#: Every page of records, by its URI, as a model asks for it.
PagesOf: TypeAlias = Callable[[Work, JobRecords, Reading], dict[str, PageContent]]

log = logging.getLogger(__name__)


def taught(work: Work, records: JobRecords, *, pages_of: PagesOf) -> JobRecords:
    """The records with the answers of the job's teacher, where it has one."""
    if work.teacher is None:
        return records
    prompts, kept = unanswered(records), TeacherAnswers(work.attempt.folder.teacher)
    if isinstance(work.teacher, RemoteTeacher):
        _require_within(work.teacher, prompts)
    answers = kept.kept()
    if left := prompts[len(answers) :]:
        log.info("The teacher answers %d records", len(left))
        for some in _answers(work, work.teacher, left, pages_of):
            kept.append(some)
            answers += some
            for _ in some:
                work.advance()
    _require_said(prompts, answers)
    taught_records = answered(records, answers)
    work.output.write_teacher_answers([placed.record for placed in taught_records.training])
    return taught_records


def _answers(
    work: Work, teacher: ModelPlace | RemoteTeacher, prompts: Sequence[PlacedRecord], pages_of: PagesOf
) -> Iterator[list[str]]:
    """The answers to prompts, a few at a time."""
    config = work.job.request.teacher
    longest = (config and config.max_response_length_for_inference) or USUAL_MAX_TOKENS
    if isinstance(teacher, RemoteTeacher):
        yield from _asked_elsewhere(work, teacher, prompts, longest)
        return
    reading = reading_of(teacher.weights, teacher.tuned)
    pages: Mapping[str, PageContent] = pages_of(work, JobRecords(training=list(prompts)), reading)
    asked = [prompt_of(placed.record, pages) for placed in prompts]
    work.attempt.expect(len(asked))
    model = loaded(teacher.weights, {}).answering(teacher.tuned)
    yield from teacher_answers(model, asked, max_tokens=longest)


def _asked_elsewhere(
    work: Work, teacher: RemoteTeacher, prompts: Sequence[PlacedRecord], longest: int
) -> Iterator[list[str]]:
    """The answers of a teacher at an endpoint, one at a time: at most one is billed and not kept."""
    asked = AskedTeacher(teacher, read=work.storage.read)
    read = written = cut = 0
    work.attempt.expect(len(prompts))
    for number, placed in enumerate(prompts, start=1):
        answer = work.attempt.patiently(partial(asked.answer, placed.record, max_tokens=longest))
        read, written = read + answer.input_tokens, written + answer.output_tokens
        cut += answer.is_cut_off
        yield [answer.text]
        # Also on the way: an attempt that is killed has told nearly all that it was billed for.
        if number % 10 == 0 or number == len(prompts):
            log.info(
                "The teacher %s at %s has answered %d prompts in this attempt, which are billed there: %d "
                "tokens read, %d written",
                *(teacher.model, teacher.url, number, read, written),
            )
    if cut:
        log.warning("%d answers of the teacher were cut off at %d tokens", cut, longest)


def _require_within(teacher: RemoteTeacher, prompts: Sequence[PlacedRecord]) -> None:
    """Refuse a job that would cost more than the operator allows, before anything is asked."""
    if len(prompts) > teacher.max_prompts:
        raise InvalidRecords(
            f"{len(prompts)} records have no answer, and the teacher at {teacher.url} is asked about at most "
            f"{teacher.max_prompts} of a job: give fewer, or start the server with more --teacher-prompts"
        )


def _require_said(prompts: Sequence[PlacedRecord], answers: Sequence[str]) -> None:
    empty = [one for one, answer in zip(prompts, answers, strict=True) if not answer.strip()]
    raise_for(
        [one.problem("the teacher answers it with nothing") for one in empty], longest=MAX_MESSAGE_LENGTH
    )
