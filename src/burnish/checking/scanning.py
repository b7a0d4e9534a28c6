"""One pass over a file of records: every line by every rule, in bounded memory, and fast.

Most records of a classification set are the same text around another URI. What stands around the URIs is
checked once and remembered: the next line that differs in its URIs alone needs only these looked at. That is
exact, not a guess: a URI without quotes, backslashes and control characters can stand in for another in any
JSON text.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from burnish.checking.block_rules import LONGEST_URI, uri_expression
from burnish.checking.findings import Finding
from burnish.checking.plain_records import hash_of, plain_check
from burnish.checking.problems import Problem
from burnish.checking.record_parts import at, parts_of, turns_of
from burnish.checking.record_rules import findings_in
from burnish.errors import InvalidRecords
from burnish.families import DatasetRules
from burnish.json_lines import NotJsonLines, numbered_lines, value_in
from burnish.records import exchange_of, label_of

#: How many different texts around URIs are remembered.
MOST_FRAMES = 4_096
#: How many errors of a file are kept, and how many warnings; the rest is counted.
MOST_PROBLEMS = 1_000

_PLAIN_URI = re.compile(rb'("(?:uri|image-ref)"\s*:\s*")(s3://[!-!#-\[\]-~]*)"')
_PLAIN, _WITH_SYSTEM = frozenset[str](), frozenset({"system"})
_MEDIA_MEMBER = re.compile(rb'"uri":"[^"]*"')


@dataclass(frozen=True)
class _Frame:
    """What was found out about a record but for its URIs. ``question`` is a number for its text."""

    findings: tuple[Finding, ...]
    label: int
    question: int
    parts: frozenset[str] = frozenset()


@dataclass
class Scan:
    """What one pass has seen.

    The arrays hold a number for each record, in the order of lines: for the pages or texts it asks about, for
    these with the question, and for its label.
    """

    where: str
    #: False for a file that holds no JSONL, of which no more than that is said.
    is_json_lines: bool = True
    records: int = 0
    problems: list[Problem] = field(default_factory=list)
    #: How many there are in all, of which `problems` holds the first.
    errors: int = 0
    warnings: int = 0
    pages: array[int] = field(default_factory=lambda: array("Q"))
    asked: array[int] = field(default_factory=lambda: array("Q"))
    labels: array[int] = field(default_factory=lambda: array("I"))
    lines: array[int] = field(default_factory=lambda: array("I"))
    label_names: list[str] = field(default_factory=list)
    #: How many records have which optional parts.
    parts: Counter[frozenset[str]] = field(default_factory=Counter)

    def counts(self) -> Counter[str]:
        """How many records each label has."""
        numbers = Counter(self.labels)
        return Counter({self.label_names[number]: count for number, count in numbers.items()})


def scan_records(
    lines: Iterable[bytes], *, rules: DatasetRules, where: str, bucket: str | None = None
) -> Scan:
    """Everything that is to be known of the records of one file."""
    scanner = _Scanner(Scan(where=where), rules, bucket)
    try:
        for number, line in numbered_lines(lines):
            scanner.look_at(line, number)
    except NotJsonLines as error:
        fault = Problem(where=where, line=1, text=str(error))
        return Scan(where=where, is_json_lines=False, problems=[fault], errors=1)
    return scanner.scan


class _Scanner:
    def __init__(self, scan: Scan, rules: DatasetRules, bucket: str | None) -> None:
        self.scan = scan
        self._rules = rules
        self._bucket = bucket
        self._frames: dict[bytes, _Frame] = {}
        self._label_numbers: dict[str, int] = {}
        self._stand_in = b'\\1s3://%s/key"' % (bucket or "bucket").encode()
        self._is_plainly_good = plain_check(rules)
        self._is_plain = False
        expression = uri_expression(rules.key_marks, *([re.escape(bucket)] if bucket else []))
        self._good_uri = re.compile(expression.encode())

    def look_at(self, line: bytes, number: int) -> None:
        """Take in a line."""
        # Where the last line was plain, the next one mostly is.
        if self._is_plain and self._took_plain(line, number):
            return
        uris = [found[1] for found in _PLAIN_URI.findall(line)]
        if uris and all(self._is_good(uri) for uri in uris):
            key = line
            for uri in dict.fromkeys(uris):
                key = key.replace(uri + b'"', b'@"')
            frame = self._frames.get(key)
            if frame is None:
                frame = self._remembered(key, _PLAIN_URI.sub(self._stand_in, line))
            if frame is not None:
                self._take(frame, hash_of(b"\0".join(uris)), number)
                return
        self._look_closely(line, number)

    def _is_good(self, uri: bytes) -> bool:
        return len(uri) <= LONGEST_URI and self._good_uri.fullmatch(uri) is not None

    def _remembered(self, key: bytes, line: bytes) -> _Frame | None:
        """The frame of a line whose URIs are replaced; None where it is no record, or there are too many."""
        try:
            record, exchange = value_in(line), exchange_of(line)
        except InvalidRecords:
            return None
        findings = tuple(findings_in(record, self._rules, bucket=self._bucket))
        frame = _Frame(findings, self._number_of(exchange.answer), _question_of(record), parts_of(record))
        if len(self._frames) < MOST_FRAMES:
            self._frames[key] = frame
        return frame

    def _took_plain(self, line: bytes, number: int) -> bool:
        """Take in a line that is plainly good, and say whether it was."""
        good = self._is_plainly_good(line)
        self._is_plain = good is not None
        if good is not None:
            asked, question, answer = good
            parts = _WITH_SYSTEM if question else _PLAIN
            self._take(_Frame((), self._number_of(answer), question, parts), hash_of(asked), number)
        return self._is_plain

    def _look_closely(self, line: bytes, number: int) -> None:
        if self._took_plain(line, number):
            return
        try:
            record = value_in(line)
        except InvalidRecords as error:
            self._take(_Frame((Finding(str(error)),), self._number_of(None), 0), 0, number)
            return
        findings = tuple(findings_in(record, self._rules, bucket=self._bucket))
        try:
            exchange = exchange_of(line)
        except InvalidRecords as error:
            said = findings or (Finding(f"it is no record: {error}"),)
            self._take(_Frame(said, self._number_of(None), 0), 0, number)
            return
        pages = hash_of("\0".join(exchange.asked).encode())
        label, question = self._number_of(exchange.answer), _question_of(record)
        frame = _Frame(findings, label, question, parts_of(record))
        self._take(frame, pages, number)

    def _take(self, frame: _Frame, pages: int, number: int) -> None:
        scan = self.scan
        scan.records += 1
        if pages:  # and not a line that is no record
            scan.parts[frame.parts] += 1
        scan.pages.append(pages)
        scan.asked.append(pages ^ frame.question)
        scan.labels.append(frame.label)
        scan.lines.append(number)
        for finding in frame.findings:
            scan.warnings += finding.is_warning
            scan.errors += not finding.is_warning
            if (scan.warnings if finding.is_warning else scan.errors) <= MOST_PROBLEMS:
                scan.problems.append(
                    Problem(where=scan.where, line=number, text=finding.text, is_warning=finding.is_warning)
                )

    def _number_of(self, answer: str | None) -> int:
        """A number for what a record answers: for its label, or for all answers that are none."""
        label = _label_in(answer) if answer else ""
        number = self._label_numbers.setdefault(label, len(self._label_numbers))
        if number == len(self.scan.label_names):
            self.scan.label_names.append(label)
        return number


@lru_cache(maxsize=1024)  # the same few answers come again and again
def _label_in(answer: str) -> str:
    return label_of(answer) or ""


def _question_of(record: object) -> int:
    """A number for everything that a record says before its answer, its media aside."""
    turns = turns_of(record)
    if not turns:
        return 0
    is_answered = at(turns[-1], "role") == "assistant"
    said = [at(record, "system"), *(turns[:-1] if is_answered else turns)]
    return hash_of(_MEDIA_MEMBER.sub(b"", msgspec.json.encode(said)))
