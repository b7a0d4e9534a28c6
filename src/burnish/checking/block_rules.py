"""The rules for the content blocks of a turn: text, image, video, document, reasoning, tool use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from burnish.checking.findings import Finding, Findings, quoted, text_findings, unknown_members
from burnish.checking.record_parts import BLOCKS, MEDIA, at, blocks_of
from burnish.families import DatasetRules

MAX_URI_LENGTH = 1024
_LOCATION = ("uri", "bucketOwner")


def block_findings(record: Mapping[str, Any], rules: DatasetRules, bucket: str | None) -> Findings:
    """What is wrong with the blocks of a record, and with their number."""
    kinds: list[str] = []
    for place, role, block in blocks_of(record):
        kinds += [kind for kind in MEDIA if at(block, kind) is not None]
        yield from _block(place, role, block, rules, bucket)
    yield from _media_counts(kinds, rules)


def uri_findings(uri: object, place: str, rules: DatasetRules, bucket: str | None) -> Findings:
    """What is wrong with the URI of a medium. It must be in ``bucket``, if that is given."""
    if not isinstance(uri, str) or len(uri) > MAX_URI_LENGTH or not uri_pattern(rules.key_punctuation)(uri):
        yield Finding(
            f"{place} is {quoted(uri)}, not an S3 URI that Bedrock accepts: letters, digits, "
            f"{' '.join(rules.key_punctuation)} / only, without //. Upload it under another key"
        )
    elif bucket is not None and uri.split("/")[2] != bucket:
        yield Finding(f"{uri} is not in the bucket of the data set, {bucket}: copy it there")


@lru_cache
def uri_pattern(key_punctuation: str) -> Callable[[str], object]:
    """A matcher for URIs of objects whose keys consist of letters, digits and this punctuation.

    Bucket names are matched loosely: one that cannot exist is reported where buckets are checked.
    """
    return re.compile(uri_expression(key_punctuation)).fullmatch


def uri_expression(key_punctuation: str, bucket: str = "[a-z0-9][-.a-z0-9]{0,62}") -> str:
    """The regular expression of such a URI, in any bucket or in a given one."""
    return f"s3://{bucket}(?:/[{re.escape(key_punctuation)}a-zA-Z0-9]+)+/?"


def _block(place: str, role: str, block: object, rules: DatasetRules, bucket: str | None) -> Findings:
    # Null counts as absent: exports of tables write every column into every row.
    given = [name for name in block if block[name] is not None] if isinstance(block, dict) else []
    if not isinstance(block, dict) or len(given) != 1 or given[0] not in BLOCKS:
        said = quoted(given)[1:-1] if isinstance(block, dict) else type(block).__name__
        yield Finding(f"{place} holds {said or 'nothing'}: a block holds one of {', '.join(BLOCKS)}")
        return
    kind = given[0]
    yield from unknown_members(block, place, BLOCKS)
    if kind == "text":
        yield from text_findings(block["text"], f"{place}.text")
    elif kind in MEDIA:
        yield from _medium(block[kind], f"{place}.{kind}", kind, role, rules, bucket)
    elif kind == "reasoningContent":
        yield from _reasoning(block[kind], place, role, rules)
    else:
        yield from _tool(place, kind, role, rules)


def _reasoning(content: object, place: str, role: str, rules: DatasetRules) -> Findings:
    if not rules.takes_reasoning:
        yield Finding(f"{place} is reasoning: {rules.reads}. Leave it out")
    elif role != "assistant":
        yield Finding(f"{place} is reasoning in the user's turn: only the assistant's turn may hold it")
    yield from text_findings(at(content, "reasoningText", "text"), f"{place}.reasoningContent…text")


def _tool(place: str, kind: str, role: str, rules: DatasetRules) -> Findings:
    owner = {"toolUse": "assistant", "toolResult": "user"}[kind]
    if not rules.takes_tools:
        yield Finding(f"{place} belongs to a tool: {rules.reads}. Leave it out")
    elif role != owner:
        yield Finding(f"{place} is a {kind} of the {role}: only the {owner}'s turn may hold one")
    else:
        yield Finding(f"{place} belongs to a tool: tools may make the job fail", is_warning=True)


def _medium(
    medium: object, place: str, kind: str, role: str, rules: DatasetRules, bucket: str | None
) -> Findings:
    if role == "assistant":
        yield Finding(f"{place} is the assistant's: only the user's turn may hold one")
    yield from unknown_members(medium, place, ("format", "source", *(("name",) * (kind == "document"))))
    yield from _format(at(medium, "format"), place, rules.formats(kind))
    yield from unknown_members(at(medium, "source"), f"{place}.source", ("s3Location",))
    location = at(medium, "source", "s3Location")
    if not isinstance(location, dict):
        yield Finding(f"{place} has no source.s3Location: training data must be in S3")
        return
    yield from unknown_members(location, f"{place}.source.s3Location", _LOCATION)
    yield from uri_findings(location.get("uri"), f"{place}…uri", rules, bucket)
    yield from _owner(location.get("bucketOwner"), place)


def _format(said: object, place: str, formats: tuple[str, ...]) -> Findings:
    if said in formats:
        return
    if isinstance(said, str) and said.lower() in formats:
        text = f"{place}.format is {said!r}: write {said.lower()!r}, which is how the API spells it"
        yield Finding(text, is_warning=True)
    else:
        yield Finding(f"{place}.format is {quoted(said)}: it must be one of {', '.join(formats)}")


def _owner(owner: object, place: str) -> Findings:
    if owner is None:
        # A warning, since the API calls it optional: only the validator insists.
        text = f"{place} has no bucketOwner: AWS's validator requires the account's twelve digits"
        yield Finding(text, is_warning=True)
    elif not isinstance(owner, str) or not re.fullmatch("[0-9]{12}", owner):
        yield Finding(f"bucketOwner is {quoted(owner)}: it must be an account's twelve digits")


def _media_counts(kinds: Sequence[str], rules: DatasetRules) -> Findings:
    for kind in MEDIA:
        count, most = kinds.count(kind), rules.max_count(kind)
        if count and most == 0:
            yield Finding(f"no {kind} can be used: {rules.reads}. Leave it out")
        elif most is not None and count > most:
            yield Finding(f"{count} {kind}s; at most {most} can be used: take fewer")
    if "video" in kinds and len(set(kinds)) > 1:
        yield Finding("a video beside images or a document in one record: take either")
