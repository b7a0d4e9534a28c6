"""Checks of the media that records refer to, each fetched once: existence, size and format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, read_beginning
from burnish.checking.block_rules import uri_pattern
from burnish.checking.problems import Problem
from burnish.checking.record_parts import Medium, media_of
from burnish.errors import ServiceError
from burnish.families import DatasetRules
from burnish.json_lines import numbered_lines, value_or_none
from burnish.pages.media_rules import bytes_needed, medium_problem
from burnish.parallel import map_ordered

READS_AT_ONCE = 8


def media_problems(
    lines: Iterable[bytes],
    *,
    rules: DatasetRules,
    where: str,
    s3: Client,
    on_line: Callable[[int], None] = lambda _: None,
) -> Iterator[Problem]:
    """What is wrong with the media of the records; ``on_line`` hears up to which line they have been read.

    Images are fetched and decoded; of videos and documents no more than the beginning is fetched.
    """

    def read(named: tuple[Medium, int]) -> tuple[int, Problem | None]:
        medium, line = named
        text = _wrong_with(medium, rules, s3)
        return line, Problem(where=where, line=line, text=f"{medium.uri} {text}") if text else None

    for line, problem in map_ordered(read, _media(lines, rules), workers=READS_AT_ONCE):
        on_line(line)
        if problem:
            yield problem


def _media(lines: Iterable[bytes], rules: DatasetRules) -> Iterator[tuple[Medium, int]]:
    """Every medium with the first line that names it so, where the rules of records find no fault."""
    # One page may be in many records; each is fetched once.
    seen: set[Medium] = set()
    is_uri = uri_pattern(rules.key_punctuation)
    for number, line in numbered_lines(lines):
        for medium in media_of(value_or_none(line)):
            if medium not in seen and is_uri(medium.uri):
                seen.add(medium)
                yield medium, number


def _wrong_with(medium: Medium, rules: DatasetRules, s3: Client) -> str | None:
    try:
        size, body = read_beginning(s3, S3Uri.parse(medium.uri), bytes_needed(medium, rules))
    except ServiceError as error:
        return f"cannot be read: {error}"
    return medium_problem(medium, size=size, body=body, rules=rules)
