"""Distillation: a teacher answers the prompts of a job, and the job trains on its answers.

What it has answered is kept in the job's folder, so that an attempt goes on where the one before it was, and
trains on the same answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from msgspec import structs

from burnish.engine.conversations import Conversation
from burnish.engine.inference_messages import CUT_OFF, Sampling
from burnish.engine.tunable_model import AnsweringModel
from burnish.engine.writing import MAX_TEXTS, written_together
from burnish.records import Content, Message
from burnish.server.training.job_records import JobRecords, PlacedRecord

#: Of an answer, where the job does not say.
USUAL_MAX_TOKENS = 512

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TeacherAnswers:
    """The answers of a teacher, in the order of the prompts, in a file."""

    path: Path

    def kept(self) -> list[str]:
        """Those that are there. What was written when the process ended, and is not whole, is cut off."""
        if not self.path.exists():
            return []
        whole = self.path.read_bytes().rpartition(b"\n")[0]
        lines = whole.splitlines(keepends=True) if whole else []
        self.path.write_bytes(b"".join(line.rstrip(b"\n") + b"\n" for line in lines))
        return [msgspec.json.decode(line, type=str) for line in lines]

    def append(self, answers: Sequence[str]) -> None:
        """Write further ones."""
        with self.path.open("ab") as file:
            file.write(b"".join(msgspec.json.encode(answer) + b"\n" for answer in answers))


def unanswered(records: JobRecords) -> list[PlacedRecord]:
    """The records that a teacher is to answer; one that has an answer keeps it."""
    return [placed for placed in records.training if placed.record.messages[-1].role == "user"]


def answered(records: JobRecords, answers: Sequence[str]) -> JobRecords:
    """The records with the teacher's answers where they had none."""
    remaining = iter(answers)

    def with_answer(placed: PlacedRecord) -> PlacedRecord:
        record = placed.record
        if record.messages[-1].role != "user":
            return placed
        answer = Message(role="assistant", content=[Content(text=next(remaining))])
        return replace(placed, record=structs.replace(record, messages=[*record.messages, answer]))

    return replace(records, training=[with_answer(placed) for placed in records.training])


def teacher_answers(
    teacher: AnsweringModel,
    prompts: Sequence[Conversation],
    *,
    max_tokens: int | None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[list[str]]:
    """The most likely answers of a teacher, a few at a time. Raises what keeps it from answering."""
    sampling, cut = Sampling(max_tokens=max_tokens or USUAL_MAX_TOKENS), 0
    for begin in range(0, len(prompts), MAX_TEXTS):
        some = prompts[begin : begin + MAX_TEXTS]
        texts = [teacher.begin(prompt, sampling, is_cancelled=is_cancelled) for prompt in some]
        outcomes = written_together(texts)
        if failed := next((one for one in outcomes if isinstance(one, Exception)), None):
            raise failed
        whole = [one for one in outcomes if not isinstance(one, Exception)]
        cut += sum(one.stop_reason in CUT_OFF for one in whole)
        yield [one.text for one in whole]
    if cut:
        log.warning("%d answers of the teacher were cut off at %d tokens", cut, sampling.max_tokens)
