"""Whether a service would take a data set: every problem, with its line and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from burnish.errors import InvalidRecords
from burnish.families import DatasetRules
from burnish.names import S3_URI
from burnish.records import SCHEMA_VERSION, Content, Message, Record, record_of


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong, where (``line`` counts from 1; None where it is the whole), and the remedy."""

    where: str
    line: int | None = None
    text: str

    def __str__(self) -> str:
        place = self.where if self.line is None else f"{self.where}, line {self.line}"
        return f"{place}: {self.text}"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a check of one file saw: its problems, how many records, and on which line each image is."""

    problems: tuple[Problem, ...]
    records: int
    line_of_image: dict[str, int]


def check_dataset(
    train: Iterable[bytes], validation: Iterable[bytes], *, rules: DatasetRules
) -> list[Problem]:
    """Every problem of a training and a validation set, and of the two together."""
    trained, validated = _checked(train, rules, "train"), _checked(validation, rules, "validation")
    problems = [*trained.problems, *validated.problems, *_too_few(trained.records, rules, "train")]
    problems += _validation_count_problems(validated.records, rules)
    total = trained.records + validated.records
    if total > rules.max_records:
        text = f"{total} records in all; at most {rules.max_records} can be used: take fewer"
        problems.append(Problem(where="train and validation", text=text))
    for image, line in validated.line_of_image.items():
        if image in trained.line_of_image:
            text = f"{image} is also in train, line {trained.line_of_image[image]}: keep it in one of them"
            problems.append(Problem(where="validation", line=line, text=text))
    return problems


def check_records(lines: Iterable[bytes], *, rules: DatasetRules, where: str) -> list[Problem]:
    """Every problem of one training set; an empty list when there is none."""
    checked = _checked(lines, rules, where)
    problems = [*checked.problems, *_too_few(checked.records, rules, where)]
    if checked.records > rules.max_records:
        text = f"{checked.records} records; at most {rules.max_records} can be used: take fewer"
        problems.append(Problem(where=where, text=text))
    return problems


def raise_for(problems: Iterable[Problem], *, shown: int = 20) -> None:
    """Raise `InvalidRecords` listing the problems, if there are any."""
    found = [str(problem) for problem in problems]
    if found:
        more = [f"and {len(found) - shown} more"] if len(found) > shown else []
        raise InvalidRecords("\n  - ".join(["The data set cannot be used:", *found[:shown], *more]))


def _too_few(records: int, rules: DatasetRules, where: str) -> list[Problem]:
    if 0 < records < rules.min_records:
        text = f"{records} records; at least {rules.min_records} are needed: add documents"
        return [Problem(where=where, text=text)]
    return []


def _validation_count_problems(records: int, rules: DatasetRules) -> Iterator[Problem]:
    most = rules.max_validation_records
    if 0 < records < rules.min_validation_records:
        text = f"{records} records; at least {rules.min_validation_records} are needed: set aside more"
        yield Problem(where="validation", text=text)
    if most is not None and records > most:
        remedy = "set aside fewer" if most else "the model takes no validation data, so leave them out"
        yield Problem(where="validation", text=f"{records} records; at most {most} can be used: {remedy}")


def _checked(lines: Iterable[bytes], rules: DatasetRules, where: str) -> Checked:
    problems: list[Problem] = []
    images: dict[str, int] = {}
    records = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        records += 1
        try:
            record = record_of(line, where="the line")
        except InvalidRecords as error:
            problems.append(Problem(where=where, line=number, text=str(error)))
            continue
        problems += [Problem(where=where, line=number, text=text) for text in _problems_of(record, rules)]
        images |= dict.fromkeys(record.image_uris, number)
    if not records:
        problems.append(Problem(where=where, text="there are no records: add documents"))
    return Checked(problems=tuple(problems), records=records, line_of_image=images)


def _problems_of(record: Record, rules: DatasetRules) -> Iterator[str]:
    if record.schema_version != SCHEMA_VERSION:
        yield f"schemaVersion is {record.schema_version!r}: it must be {SCHEMA_VERSION!r}"
    yield from _turn_problems(record.messages)
    for message in record.messages:
        yield from _content_problems(message)
    if rules.max_images is not None and len(record.image_uris) > rules.max_images:
        yield f"{len(record.image_uris)} images; at most {rules.max_images} can be used: take fewer pages"
    yield from _image_problems(record)
    yield from _reserved(record, rules)


def _turn_problems(messages: list[Message]) -> Iterator[str]:
    roles = [message.role for message in messages]
    expected = ["user", "assistant"] * ((len(roles) + 1) // 2)
    if roles != expected or not roles:
        yield f"the turns are {', '.join(roles)}: user and assistant must alternate, the assistant last"


def _content_problems(message: Message) -> Iterator[str]:
    if not message.content:
        yield f"the {message.role}'s turn has no content: give it text"
    for block in message.content:
        yield from _block_problems(block, message.role)


def _block_problems(block: Content, role: str) -> Iterator[str]:
    if (block.text is None) == (block.image is None):
        yield f"a block of the {role}'s turn must hold either text or an image"
    if block.text is not None and not block.text.strip():
        yield f"a text of the {role}'s turn is empty: give it words or leave it out"
    if block.image and role == "assistant":
        yield "the assistant's turn holds an image: only the user's may"


def _image_problems(record: Record) -> Iterator[str]:
    blocks = (block for message in record.messages for block in message.content)
    for location in (block.image.source.s3_location for block in blocks if block.image):
        if not S3_URI.fullmatch(location.uri) or len(location.uri) > 1024:
            yield f"{location.uri!r} is not an S3 URI for Bedrock: letters, digits, and - _ . ! * ' ( ) only"
        if location.bucket_owner is not None and not re.fullmatch("[0-9]{12}", location.bucket_owner):
            yield f"bucketOwner is {location.bucket_owner!r}: it must be an account's twelve digits"


def _reserved(record: Record, rules: DatasetRules) -> Iterator[str]:
    """Reserved words count in what is asked; in the answer they are free."""
    asked = [text.text for text in record.system]
    asked += [block.text or "" for turn in record.messages if turn.role == "user" for block in turn.content]
    for word in rules.reserved_words:
        if any(word in text for text in asked):
            yield f"the text holds {word!r}, which the model reserves: write it otherwise"
