"""Which label a model's answer names. What cannot be read is None, never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from burnish.json_answers import find_json, json_value, types_in, unfenced
from burnish.label_spellings import matching_label

_THINKING = r"(?:think|thinking|thoughts?|reasoning|reflection|scratchpad|analysis)"
#: Greedy, to the last closing tag: what a model thinks may hold tags and answers of its own.
_THOUGHT = re.compile(rf"(?si)\A.*</{_THINKING}\s*>")
_UNFINISHED_THOUGHT = re.compile(rf"(?si)<{_THINKING}\s*>.*")

_DOUBLE, _SINGLE = '"\u201c\u201d', "'\u2018\u2019"
_QUOTE = f"[{_DOUBLE}{_SINGLE}]?"
#: A ``type`` in what is almost JSON, from the bracket or the comma before it.
_MEMBER = re.compile(rf"(?:\{{|,)\s*{_QUOTE}type{_QUOTE}\s*[:=]\s*", re.IGNORECASE)
#: A ``type`` that begins a line of prose, such as ``**Document type:** invoice``.
_LINE = re.compile(
    rf"^[\s*_`#>-]*(?:(?:the|final|predicted|document|page)\s+)*{_QUOTE}type{_QUOTE}[*_]*\s*[:=][*_]*[^\S\n]*",
    re.IGNORECASE | re.MULTILINE,
)
#: Where a value may end that JSON does not delimit.
_END = re.compile(r"\s*(?:[,;}\]`]|\Z)")
#: No label is so long, and where a model goes on for ever its answer is not searched to the end.
MAX_VALUE_LENGTH = 1_000


def parse_label(answer: str, labels: Sequence[str]) -> str | None:
    """The one of ``labels`` that an answer names, or None.

    The answer is read as JSON with a ``type``, fenced or bare, with or without text around it; as something
    close to JSON (single or curly quotes, no quotes, trailing commas, a missing bracket); as nothing but a
    label; or as a line that says ``type: …``. What a model thinks before it answers counts for nothing. A
    number or a truth value is the label that is written like it. Which spellings are a label is said by
    `matching_label`. An answer that names two types, or one and something that is no label, names none.
    """
    labels = tuple(dict.fromkeys(labels))
    # From the strictest to the loosest. The first that finds anything decides, also that the answer is
    # ambiguous: a looser reading must not overrule it.
    for reading in (_json_alone, _label_alone, _quoted_alone, _json_within, _in_words):
        if found := set(reading(answer, labels)):
            return found.pop() if len(found) == 1 else None
    return None


def _json_alone(answer: str, labels: Sequence[str]) -> Iterator[str | None]:
    """The types of an answer that is JSON and nothing else."""
    for named in types_in(_json_or_none(unfenced(answer))):
        yield _meant([named], labels)


def _label_alone(answer: str, labels: Sequence[str]) -> Iterator[str]:
    """The label, where it is the whole answer to the letter."""
    for text in (answer, answer.strip(), unfenced(answer)):
        if text in labels:
            yield text
            return


def _quoted_alone(answer: str, labels: Sequence[str]) -> Iterator[str]:
    """What an answer names that is a string of JSON as a whole, or lacks nothing of it but its quotes."""
    text = unfenced(answer)
    for inner in (_json_or_none(text), _json_or_none(f'"{text}"') if '\\"' in text else None):
        if isinstance(inner, str) and inner != text:  # which a number is: it is read as it is written
            readings = {inner if inner in labels else None, parse_label(inner, labels)}
            yield from (label for label in readings if label is not None)


def _json_within(answer: str, labels: Sequence[str]) -> Iterator[str | None]:
    """The types of all JSON in an answer, and of what is almost JSON."""
    found = find_json(_said(answer))
    for named in found.types:
        yield _meant([named], labels)
    for bracket in re.finditer(r"\{[^{]*", found.rest):
        for member in _MEMBER.finditer(found.rest, bracket.start(), bracket.end()):
            yield _meant(_values(found.rest, member.end()), labels)


def _in_words(answer: str, labels: Sequence[str]) -> Iterator[str | None]:
    """The label that the whole answer is but for its spelling, and those of lines that say ``type: …``."""
    text = unfenced(_said(answer))
    whole = matching_label(text, labels)
    if whole is not None:
        yield whole
    for line in _LINE.finditer(text):
        label = _meant(_values(text, line.end()), labels)
        if label is not None or whole is None:
            yield label


def _said(answer: str) -> str:
    """An answer without what a model thought before it."""
    return _UNFINISHED_THOUGHT.sub("", _THOUGHT.sub("", answer))


def _meant(readings: Iterable[object], labels: Sequence[str]) -> str | None:
    """The one label that the possible readings of a value name."""
    found = {matching_label(one, labels) for one in readings if isinstance(one, str)} - {None}
    return found.pop() if len(found) == 1 else None


def _values(text: str, start: int) -> Iterator[object]:
    """The possible readings of the value that begins at ``start``, in quotes or not."""
    line = text[start : start + MAX_VALUE_LENGTH].partition("\n")[0]
    if line.startswith(("{", "[")):
        return iter(())
    quotes = next((kind for kind in (_DOUBLE, _SINGLE) if line.startswith(tuple(kind))), "")
    if quotes:
        ends = (quote.start() for quote in re.finditer(f"[{quotes}]", line[1:]))
        inners = [line[1 : end + 1] for end in ends if _END.match(line, end + 2)]
        return iter([*inners, *(_json_or_none(f'"{inner}"') for inner in inners)])
    values = (line[: end.start()] for end in _END.finditer(line))
    return (value for value in values if value not in ("null", "None"))


def _json_or_none(text: str) -> object:
    try:
        return json_value(text)
    except ValueError:
        return None
