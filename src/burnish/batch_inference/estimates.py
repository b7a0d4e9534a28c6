"""What a batch will take and cost, told from its input before it is created."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from burnish.aws.batch_records import FEWEST_RECORDS
from burnish.aws.batches import BatchJobConfig
from burnish.aws.clients import Client, Clients
from burnish.aws.objects import ListedObject, S3Uri, lines_of, list_details, size_of
from burnish.errors import InvalidConfig, InvalidRecords, UnreadableImage
from burnish.evaluation.call_tokens import CHARACTERS_PER_TOKEN
from burnish.evaluation.prices import BATCH_SHARE, ModelPrice, price_of
from burnish.families import ImageTokens, family_of
from burnish.json_lines import numbered_lines, value_in

#: So much of the input is read; a larger one is estimated from its beginning.
SAMPLED_RECORDS, SAMPLED_BYTES = 500, 64 * 2**20
#: The pixels that an image in S3 is taken to have: a page of paper as it is usually rendered.
USUAL_PAGE = (1240, 1754)
#: Members of requests whose texts no model reads.
_SILENT = ("format", "media_type", "role", "schemaVersion", "anthropic_version", "type", "bucketOwner")
#: What families call the most tokens of an answer.
_LIMITS = ("maxTokens", "max_tokens", "max_gen_len", "maxTokenCount", "max_new_tokens")


@dataclass(frozen=True, kw_only=True)
class BatchEstimate:
    """The size of a batch, and its cost in US dollars at half the on-demand price, where that is known.

    ``most_output_tokens`` is what all answers have together that are as long as their requests allow; None
    where some request sets no limit.
    """

    records: int
    is_exact: bool
    input_tokens: int
    most_output_tokens: int | None
    input_usd: float | None = None
    most_usd: float | None = None

    def __str__(self) -> str:
        about = "" if self.is_exact else "about "
        size = f"{about}{self.records:,} records with about {self.input_tokens:,} input tokens"
        if self.input_usd is None:
            return f"{size}; no price is known"
        most = f", ${self.most_usd:,.2g} at most with the answers" if self.most_usd is not None else ""
        return f"{size}: about ${self.input_usd:,.2g} for the input{most}, at half the on-demand price"


@dataclass(kw_only=True)
class _SampledInput:
    records: int = 0
    size: int = 0
    input_tokens: int = 0
    output_tokens: int | None = 0


def estimate_batch(
    clients: Clients, config: BatchJobConfig, *, price: ModelPrice | None = None
) -> BatchEstimate:
    """The estimate for a batch, from the beginning of its input, by the ``price`` of single calls, if given.

    Raises `InvalidConfig` for an input that is not there or, at AWS, has too few records, and
    `InvalidRecords`, naming file and line, for one that has something else in it.
    """
    files = _files_at(clients.s3, config)
    family = family_of(config.model_id)
    sample = _sampled(clients.s3, files, family.image_tokens if family else ImageTokens())
    total = sum(one.size for one in files)
    scale = total / sample.size if sample.size else 0.0
    records = round(sample.records * scale)
    if clients.leads_to_aws and records < FEWEST_RECORDS:
        problem = f"it has {records} records, and Amazon Bedrock takes batches of {FEWEST_RECORDS} or more"
        raise InvalidConfig(f"The input {config.input_uri}", [f"{problem}: ask one by one instead"])
    most = None if sample.output_tokens is None else round(sample.output_tokens * scale)
    asked = round(sample.input_tokens * scale)
    price = price or (price_of(config.model_id) if clients.leads_to_aws else None)
    return BatchEstimate(
        records=records,
        is_exact=sample.size == total,
        input_tokens=asked,
        most_output_tokens=most,
        input_usd=_cost(price, asked, 0) if price else None,
        most_usd=_cost(price, asked, most) if price and most is not None else None,
    )


def _cost(price: ModelPrice, asked: int, answered: int) -> float:
    return BATCH_SHARE * price.of_tokens(asked, answered)


def _files_at(s3: Client, config: BatchJobConfig) -> list[ListedObject]:
    """The files of a batch: the one that is named, or those of a folder."""
    uri = S3Uri.parse(config.input_uri)
    if uri.key.endswith(".jsonl"):
        size = size_of(s3, uri)
        files = [] if size is None else [ListedObject(uri=uri, version="", size=size)]
    else:
        files = [one for one in list_details(s3, uri.child("")) if one.uri.key.endswith(".jsonl")]
    if not files:
        problem = "there is no .jsonl file: name one, or a folder that has some"
        raise InvalidConfig(f"The input {config.input_uri}", [problem])
    return files


def _sampled(s3: Client, files: Iterable[ListedObject], images: ImageTokens) -> _SampledInput:
    sample = _SampledInput()
    lines = (
        (file.uri, number, line) for file in files for number, line in numbered_lines(lines_of(s3, file.uri))
    )
    room = takewhile(lambda _: sample.records < SAMPLED_RECORDS and sample.size < SAMPLED_BYTES, lines)
    for uri, number, line in room:
        asked = _request_on(line, where=f"{uri}, line {number}")
        limit = _limit_of(asked)
        sample.records += 1
        sample.size += len(line)
        sample.input_tokens += _input_tokens(asked, images)
        if sample.output_tokens is not None:
            sample.output_tokens = None if limit is None else sample.output_tokens + limit
    return sample


def _request_on(line: bytes, *, where: str) -> Mapping[str, Any]:
    try:
        record = value_in(line)
    except InvalidRecords as error:
        raise InvalidRecords(f"{where}: {error}") from error
    asked = record.get("modelInput") if isinstance(record, dict) else None
    if not isinstance(asked, dict):
        raise InvalidRecords(f'{where}: write {{"recordId": …, "modelInput": {{…}}}} on each line')
    return asked


def _input_tokens(asked: Mapping[str, Any], images: ImageTokens) -> int:
    characters = 0
    tokens = 0
    for name, value in _leaves(asked):
        if name in ("bytes", "data"):
            tokens += images.likely(*_pixels(value))
        elif name == "uri":
            tokens += images.likely(*USUAL_PAGE)
        elif name not in _SILENT:
            characters += len(value)
    return tokens + characters // CHARACTERS_PER_TOKEN


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401  # JSON
    """The texts in a request, each with the name of its member."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for inner, one in value.items():
            yield from _leaves(one, inner)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, name)


def _pixels(encoded: str) -> tuple[int, int]:
    from burnish.pages.page_images import image_size

    try:
        return image_size(base64.b64decode(encoded))
    except (binascii.Error, UnreadableImage):  # a document, or what only the model can tell
        return USUAL_PAGE


def _limit_of(asked: Mapping[str, Any]) -> int | None:
    """The most tokens that a request lets its answer have."""
    for place in (asked, *(one for one in asked.values() if isinstance(one, dict))):
        for name in _LIMITS:
            if isinstance(place.get(name), int):
                return int(place[name])
    return None
