"""What a tuned language model keeps beside its adapter: how its answers read, and how they are calibrated."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from burnish.engine.answer_forms import AnswerForm, usual_form
from burnish.engine.language_model.deciding import AdapterCalibration
from burnish.engine.language_model.network import PAGE_TOKENS
from burnish.engine.object_forms import ObjectForm
from burnish.errors import ModelFailed

FILE = "decision.json"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The form of a tuned model's answers, their calibration, and how many tokens of a page it is given.

    ``objects`` is the form of answers of many fields.
    """

    form: AnswerForm | None = None
    objects: ObjectForm | None = None
    calibration: AdapterCalibration = field(default_factory=AdapterCalibration)
    #: Files of earlier versions say nothing of it: all models were given as many.
    page_tokens: int = PAGE_TOKENS

    def form_for(self, name: str) -> AnswerForm:
        """The form of answers whose JSON member is ``name``."""
        return self.form if self.form and self.form.name == name else usual_form(name)


def save_decision(decision: Decision, folder: Path) -> None:
    """Write a decision beside the adapter in a folder."""
    (folder / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(decision), indent=1))


def load_decision(folder: Path) -> Decision:
    """The decision in the folder of an adapter. Raises `ModelFailed` where its file is damaged."""
    path = folder / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Decision)
    except msgspec.DecodeError as error:
        raise ModelFailed(
            f"{path} is damaged ({error}): put back a copy from a backup that `burnish backup` has made"
        ) from error
