"""One pass over a file of records: every rule on every line, fast and in bounded memory.

Most records of a classification set differ in their URIs only. So the text around the URIs, the template, is
checked once and cached; for further lines with the same template only the URIs are checked. This is exact: in
any JSON text, a URI without quotes, backslashes and control characters can be replaced by another such URI.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from burnish.checking.block_rules import MAX_URI_LENGTH, uri_expression
from burnish.checking.findings import Finding
from burnish.checking.plain_records import hash_of, plain_check
from burnish.checking.problems import Problem
from burnish.checking.record_parts import at, parts_of, turns_of
from burnish.checking.record_rules import findings_in
from burnish.errors import InvalidRecords
from burnish.families import DatasetRules
from burnish.json_lines import NotJsonLines, numbered_lines, value_in
from burnish.records import exchange_of, label_of

#: The number of templates that are cached.
MAX_TEMPLATES = 4_096
#: The number of errors that are kept for a file, and of warnings; the rest is only counted.
MAX_PROBLEMS = 1_000

_PLAIN_URI = re.compile(rb'("(?:uri|image-ref)"\s*:\s*")(s3://[!-!#-\[\]-~]*)"')
_PLAIN, _WITH_SYSTEM = frozenset[str](), frozenset({"system"})
_MEDIA_MEMBER = re.compile(rb'"uri":"[^"]*"')


@dataclass(frozen=True)
class _Template:
    """The result of a check, apart from URIs. ``question`` is a hash of the prompt's text."""

    findings: tuple[Finding, ...]
    label: int
    question: int
    parts: frozenset[str] = frozenset()


@dataclass
class Scan:
    """The result of one pass.

    The arrays hold an entry for each record, in line order: a hash of the pages or texts that it asks about,
    one of these together with the question, the number of its label, and its line. Arrays, and not lists of
    objects, because a file may have tens of millions of records.
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
    """Scan the records of one file."""
    scanner = _Scanner(Scan(where=where), rules, bucket)
    try:
        for number, line in numbered_lines(lines):
            scanner.add(line, number)
    except NotJsonLines as error:
        fault = Problem(where=where, line=1, text=str(error))
        return Scan(where=where, is_json_lines=False, problems=[fault], errors=1)
    return scanner.scan


class _Scanner:
    def __init__(self, scan: Scan, rules: DatasetRules, bucket: str | None) -> None:
        self.scan = scan
        self._rules = rules
        self._bucket = bucket
        self._templates: dict[bytes, _Template] = {}
        self._label_numbers: dict[str, int] = {}
        # In the data set's own bucket: another one would be a finding of the template, and so of each line.
        self._placeholder = b'\\1s3://%s/key"' % (bucket or "bucket").encode()
        self._is_plainly_good = plain_check(rules)
        self._is_plain = False
        expression = uri_expression(rules.key_punctuation, *([re.escape(bucket)] if bucket else []))
        self._good_uri = re.compile(expression.encode())

    def add(self, line: bytes, number: int) -> None:
        """Check and count a line."""
        # If the previous line took the fast path, this one is likely to do so too.
        if self._is_plain and self._added_as_plain(line, number):
            return
        uris = [found[1] for found in _PLAIN_URI.findall(line)]
        if uris and all(self._is_good(uri) for uri in uris):
            key = line
            for uri in dict.fromkeys(uris):
                # With the closing quote: one URI may be the beginning of another.
                key = key.replace(uri + b'"', b'@"')
            template = self._templates.get(key)
            if template is None:
                template = self._template_of(key, _PLAIN_URI.sub(self._placeholder, line))
            if template is not None:
                self._take(template, hash_of(b"\0".join(uris)), number)
                return
        self._check_fully(line, number)

    def _is_good(self, uri: bytes) -> bool:
        return len(uri) <= MAX_URI_LENGTH and self._good_uri.fullmatch(uri) is not None

    def _template_of(self, key: bytes, line: bytes) -> _Template | None:
        """Check a line whose URIs are replaced, and cache the result; None if it is not a record."""
        try:
            record, exchange = value_in(line), exchange_of(line)
        except InvalidRecords:
            return None
        findings = tuple(findings_in(record, self._rules, bucket=self._bucket))
        template = _Template(
            findings, self._number_of(exchange.answer), _question_of(record), parts_of(record)
        )
        # Bounded: free texts never repeat, and the cache would come to hold the whole file.
        if len(self._templates) < MAX_TEMPLATES:
            self._templates[key] = template
        return template

    def _added_as_plain(self, line: bytes, number: int) -> bool:
        """Count a line that passes the fast check; False if it does not."""
        good = self._is_plainly_good(line)
        self._is_plain = good is not None
        if good is not None:
            asked, question, answer = good
            parts = _WITH_SYSTEM if question else _PLAIN
            self._take(_Template((), self._number_of(answer), question, parts), hash_of(asked), number)
        return self._is_plain

    def _check_fully(self, line: bytes, number: int) -> None:
        if self._added_as_plain(line, number):
            return
        try:
            record = value_in(line)
        except InvalidRecords as error:
            self._take(_Template((Finding(str(error)),), self._number_of(None), 0), 0, number)
            return
        findings = tuple(findings_in(record, self._rules, bucket=self._bucket))
        try:
            exchange = exchange_of(line)
        except InvalidRecords as error:
            said = findings or (Finding(f"it is no record: {error}"),)
            self._take(_Template(said, self._number_of(None), 0), 0, number)
            return
        pages = hash_of("\0".join(exchange.asked).encode())
        label, question = self._number_of(exchange.answer), _question_of(record)
        template = _Template(findings, label, question, parts_of(record))
        self._take(template, pages, number)

    def _take(self, template: _Template, pages: int, number: int) -> None:
        scan = self.scan
        scan.records += 1
        if pages:  # 0 is a line that is no record
            scan.parts[template.parts] += 1
        scan.pages.append(pages)
        # Two hashes in one number: equal for the same pages with the same question, and as long as either.
        scan.asked.append(pages ^ template.question)
        scan.labels.append(template.label)
        scan.lines.append(number)
        for finding in template.findings:
            scan.warnings += finding.is_warning
            scan.errors += not finding.is_warning
            if (scan.warnings if finding.is_warning else scan.errors) <= MAX_PROBLEMS:
                scan.problems.append(
                    Problem(where=scan.where, line=number, text=finding.text, is_warning=finding.is_warning)
                )

    def _number_of(self, answer: str | None) -> int:
        """The number of a record's label; all answers without a label share one."""
        label = _label_in(answer) if answer else ""
        number = self._label_numbers.setdefault(label, len(self._label_numbers))
        if number == len(self.scan.label_names):
            self.scan.label_names.append(label)
        return number


@lru_cache(maxsize=1024)  # the same few answers come again and again
def _label_in(answer: str) -> str:
    return label_of(answer) or ""


def _question_of(record: object) -> int:
    """A hash of everything before the answer, without media."""
    turns = turns_of(record)
    if not turns:
        return 0
    is_answered = at(turns[-1], "role") == "assistant"
    said = [at(record, "system"), *(turns[:-1] if is_answered else turns)]
    # Without media, which are compared by themselves: the question is what is asked about them.
    return hash_of(_MEDIA_MEMBER.sub(b"", msgspec.json.encode(said)))
