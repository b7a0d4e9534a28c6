"""Predictions as they come, in a file: what was answered is not asked again, whatever ended the run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from burnish.disk import full_disk_named
from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Asking, Page, Prediction, Runtime, predict

if TYPE_CHECKING:
    from burnish.records import ClassificationPrompt


class _Line(msgspec.Struct, frozen=True):
    model_id: str
    question: str
    prediction: Prediction


def question_of(page: Page, prompt: ClassificationPrompt) -> str:
    """What is asked, as a digest: of the page and the prompt, whatever the page is called."""
    asked = hashlib.sha256()
    for part in (prompt.system.encode(), prompt.task.encode(), page.png):
        asked.update(len(part).to_bytes(8, "big") + part)
    return asked.hexdigest()[:32]


class Journal:
    """A JSONL file of predictions, one line each, by model and question."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[tuple[str, str], Prediction] = {}
        if path.exists():
            self._read()

    def _read(self) -> None:
        """What was kept. A last line that was cut off by a crash was not kept, and is taken away."""
        body = self._path.read_bytes()
        whole = body[: body.rfind(b"\n") + 1]
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                kept = msgspec.json.decode(line, type=_Line)
            except msgspec.MsgspecError as error:
                raise InvalidInput(
                    f"{self._path}, line {number}, is no prediction ({error}): take another folder"
                ) from error
            self._kept[kept.model_id, kept.question] = kept.prediction
        if len(whole) < len(body):
            os.truncate(self._path, len(whole))

    def answer_to(self, model_id: str, page: Page, prompt: ClassificationPrompt) -> Prediction | None:
        """What a model answered about a page. A failed call is no answer, and is made again."""
        kept = self._kept.get((model_id, question_of(page, prompt)))
        if kept is None or kept.error is not None:
            return None
        # A copy may be called otherwise, and a label may have been corrected since.
        return replace(kept, page=page.name, label=page.label)

    def answers_of(self, model_id: str) -> list[Prediction]:
        """All that a model has answered, samples too: what has been paid for."""
        return [
            one
            for (kept_as, _), one in self._kept.items()
            if one.error is None and (kept_as == model_id or kept_as.startswith(f"{model_id}, sample "))
        ]

    def keep(self, model_id: str, question: str, prediction: Prediction) -> None:
        """Write a prediction down; it is on disk when this returns."""
        self._kept[model_id, question] = prediction
        line = msgspec.json.encode(_Line(model_id, question, prediction)) + b"\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with full_disk_named(self._path.parent), self._path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


def predict_once(
    runtime: Runtime,
    model_id: str,
    pages: Sequence[Page],
    prompt: ClassificationPrompt,
    asking: Asking | None = None,
    *,
    journal: Journal,
    kept_as: str | None = None,
    on_prediction: Callable[[Prediction], None] | None = None,
) -> list[Prediction]:
    """The model's predictions in the order of the pages, of which only those are asked about that it lacks.

    Each is in the journal, under ``kept_as`` or the model's own id, before ``on_prediction`` hears of it.
    """
    kept_as = kept_as or model_id
    names = [page.name for page in pages]
    if len(set(names)) < len(names):
        raise InvalidInput("Two pages have one name: give each a name of its own")
    known = {page.name: journal.answer_to(kept_as, page, prompt) for page in pages}
    questions = {page.name: question_of(page, prompt) for page in pages}
    for found in filter(None, known.values()):
        if on_prediction:
            on_prediction(found)

    def keep(prediction: Prediction) -> None:
        journal.keep(kept_as, questions[prediction.page], prediction)
        if on_prediction:
            on_prediction(prediction)

    unknown = [page for page in pages if known[page.name] is None]
    asked = predict(runtime, model_id, unknown, prompt, asking, on_prediction=keep)
    by_name = {one.page: one for one in asked}
    return [known[name] or by_name[name] for name in names]
