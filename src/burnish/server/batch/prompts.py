"""Datasets of prompts: the record on each line, and the request to a model that it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from burnish.errors import InvalidRecords
from burnish.json_lines import numbered_lines, value_in
from burnish.server.batch.batch_folder import BatchFolder
from burnish.server.batch.records import BatchRecord, bounded_lines
from burnish.server.evaluation_request import InferenceParameters

#: As many as AWS takes for a job.
MAX_PROMPTS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptRecord:
    """A prompt, the response that is right, and the record as its line has it."""

    prompt: str
    reference: str
    record: Mapping[str, Any]


def prompts_at(folder: BatchFolder, number: int) -> Path:
    """The file of the prompts of the dataset of a number, as they were fetched."""
    return folder.path / f"{number}.prompts"


def prompts_in(path: Path) -> Iterator[PromptRecord]:
    """The prompts of a file. Raises `InvalidRecords`, naming the line."""
    for number, line in numbered_lines(bounded_lines(path)):
        try:
            yield _prompt_of(value_in(line))
        except InvalidRecords as error:
            raise InvalidRecords(f"line {number}: {error}") from error


def write_requests(folder: BatchFolder, number: int, parameters: InferenceParameters) -> int:
    """Write a dataset's prompts as the records of a batch; gives how many. Raises `InvalidRecords`."""
    written = 0
    with folder.input(number).open("wb") as requests:
        for prompt in prompts_in(prompts_at(folder, number)):
            written += 1
            if written > MAX_PROMPTS:
                raise InvalidRecords(
                    f"it holds more than {MAX_PROMPTS:,} prompts: split it over several jobs"
                )
            body = msgspec.json.encode(parameters.request_for(prompt.prompt))
            requests.write(msgspec.json.encode(BatchRecord(model_input=msgspec.Raw(body))) + b"\n")
    if not written:
        raise InvalidRecords("it holds no prompts")
    return written


def _prompt_of(value: object) -> PromptRecord:
    if not isinstance(value, Mapping):
        raise InvalidRecords("it is no JSON object")
    for member in ("prompt", "referenceResponse"):
        if not isinstance(text := value.get(member), str) or not text.strip():
            raise InvalidRecords(f"it has no {member} that is a text: Builtin.Accuracy needs both")
    if not isinstance(value.get("category"), str | None):
        raise InvalidRecords("its category is no text")
    return PromptRecord(prompt=value["prompt"], reference=value["referenceResponse"], record=value)
