"""Predictions as they come, in a file: what was answered is not asked again, whatever ended the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from burnish.disk import reporting_full_disk
from burnish.errors import InvalidInput
from burnish.evaluation.answer_reading import read_answer
from burnish.evaluation.identity import ModelIdentity
from burnish.evaluation.predicting import MODEL_CHANGED, Page, Prediction, Runtime, predict
from burnish.evaluation.questions import Question


class _Line(msgspec.Struct, frozen=True):
    """An answer, who gave it, and the key of the question."""

    model: ModelIdentity
    question: str
    prediction: Prediction


class _EarlierLine(msgspec.Struct, frozen=True):
    """A line as it was first written: it does not say which model stood behind the name."""

    model_id: str


class Journal:
    """A JSONL file of predictions, one line each, by all that an answer depends on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, Prediction] = {}
        self._paid: dict[str, list[Prediction]] = {}
        self._written: list[_Line] = []
        if path.exists():
            self._read()

    def _read(self) -> None:
        """What was kept. A last line that was cut off by a crash was not kept, and is taken away."""
        body = self._path.read_bytes()
        whole = body[: body.rfind(b"\n") + 1]
        for number, line in enumerate(whole.split(b"\n")[:-1], 1):
            self._hold(self._line(line, number))
        if len(whole) < len(body):
            # Else the next answer would be appended to the half line, and both be unreadable.
            os.truncate(self._path, len(whole))

    def _line(self, line: bytes, number: int) -> _Line:
        try:
            return msgspec.json.decode(line, type=_Line)
        except msgspec.MsgspecError as error:
            if _is_earlier(line):
                raise InvalidInput(
                    f"{self._path} was written by an earlier version of Burnish, which did not record which "
                    "model answered: its answers cannot be told apart. Choose another folder"
                ) from error
            raise InvalidInput(
                f"{self._path}, line {number}, is not a prediction ({error}): choose another folder"
            ) from error

    def _hold(self, line: _Line) -> None:
        self._kept[line.question] = line.prediction
        if line.prediction.error is None:
            self._paid.setdefault(line.model.model_id, []).append(line.prediction)

    def knows(self, question: Question, page_digest: str) -> bool:
        """Whether there is an answer. A failed call is none, and is made again."""
        kept = self._kept.get(question.key(page_digest))
        return kept is not None and kept.error is None

    def answer_to(self, question: Question, page: Page) -> Prediction | None:
        """What was answered about a page, with the label that is read from it now."""
        if not self.knows(question, page.digest):
            return None
        kept = self._kept[question.key(page.digest)]
        # A copy may be called otherwise, a label may have been corrected, and answers be read better now.
        predicted = read_answer(kept.answer or "", question.prompt)
        return replace(kept, page=page.name, label=page.label, predicted=predicted)

    def answers_of(self, model_id: str) -> list[Prediction]:
        """All that was ever answered under a model id, samples too, whichever model it was: what was paid."""
        return list(self._paid.get(model_id, []))

    def keep(self, question: Question, page: Page, prediction: Prediction) -> None:
        """Write a prediction down; it is on disk when this returns."""
        line = _Line(question.model, question.key(page.digest), prediction)
        self._hold(line)
        # Apart from what was read: only this run's answers can be those of a model that was replaced during
        # it.
        self._written.append(line)
        self._append(line)

    def withdraw(self, model: ModelIdentity, reason: str) -> None:
        """Write down of all that was kept here for a model that it is no answer of that model."""
        # By new lines and not by changing old ones: a file that only grows can lose no more than its last
        # line.
        for line in self._written:
            if line.model == model and line.prediction.error is None:
                withdrawn = Prediction(
                    page=line.prediction.page,
                    label=line.prediction.label,
                    error=reason,
                    error_code=MODEL_CHANGED,
                    seconds=0.0,
                )
                self._hold(_Line(line.model, line.question, withdrawn))
                self._append(_Line(line.model, line.question, withdrawn))

    def _append(self, line: _Line) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with reporting_full_disk(self._path.parent), self._path.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()
            # An answer was paid for: it must survive the machine, and not only this process.
            os.fsync(file.fileno())


def _is_earlier(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=_EarlierLine)
    except msgspec.MsgspecError:
        return False
    return True


def predict_once(
    runtime: Runtime,
    pages: Sequence[Page],
    question: Question,
    *,
    journal: Journal,
    on_prediction: Callable[[Prediction], None] | None = None,
) -> list[Prediction]:
    """The predictions in the order of the pages, of which only those are asked about that the journal lacks.

    Each is in the journal before ``on_prediction`` hears of it.
    """
    by_name = {page.name: page for page in pages}
    if len(by_name) < len(pages):
        raise InvalidInput("Two pages have one name: give each a name of its own")
    found = {page.name: known for page in pages if (known := journal.answer_to(question, page))}
    for known in found.values():
        if on_prediction:
            on_prediction(known)

    def keep(prediction: Prediction) -> None:
        journal.keep(question, by_name[prediction.page], prediction)
        if on_prediction:
            on_prediction(prediction)

    unknown = [page for page in pages if page.name not in found]
    model_id, prompt, asking = question.model.model_id, question.prompt, question.asking
    asked = predict(runtime, model_id, unknown, prompt, asking, on_prediction=keep)
    found |= {one.page: one for one in asked}
    return [found[page.name] for page in pages]
