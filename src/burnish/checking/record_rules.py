"""The rules of single records, by schema. They work on plain JSON, so that messages name members as written.

Sources: the Bedrock user guide, "Prepare your training datasets", the user guides of the families, and AWS's
own validators, whose rules are all here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from burnish.chat_records import SYSTEM_ROLES, chat_problem
from burnish.checking.block_rules import block_findings, uri_findings
from burnish.checking.findings import Finding, Findings, quoted, text_findings, unknown_members
from burnish.checking.record_parts import at, said_by, system_texts, turns_of
from burnish.checking.tool_rules import tool_findings
from burnish.families import DatasetRules, RecordSchema
from burnish.records import SCHEMA_VERSION


def findings_in(record: object, rules: DatasetRules, *, bucket: str | None = None) -> Findings:
    """Everything about a record that the service would refuse, or that may go wrong.

    ``bucket`` is where the data set lies, if that is known: media must lie there too.
    """
    if not isinstance(record, dict):
        yield Finding("it is not a JSON object: a record is one object on one line")
        return
    yield from _CHECKS[rules.schema](record, rules, bucket)


def _conversation(record: dict[str, Any], rules: DatasetRules, bucket: str | None) -> Findings:
    if record.get("schemaVersion") != SCHEMA_VERSION:
        said = quoted(record.get("schemaVersion"))
        yield Finding(f"schemaVersion is {said}: it must be {SCHEMA_VERSION!r}")
    yield from unknown_members(record, "the record", ("schemaVersion", "system", "messages", "toolConfig"))
    yield from tool_findings(record, rules)
    yield from _system(record.get("system"), rules)
    yield from _turns(record, rules, content=list)
    yield from block_findings(record, rules, bucket)
    asked = [*system_texts(record), *said_by(record, "user")]
    yield from _words(asked, said_by(record, "assistant"), rules)


def _claude(record: dict[str, Any], rules: DatasetRules, _: str | None) -> Findings:
    yield from unknown_members(record, "the record", ("system", "messages"))
    if not isinstance(record.get("system", ""), str):
        yield Finding("system must be a text")
    yield from _turns(record, rules, content=str)
    asked = [str(record.get("system") or ""), *said_by(record, "user")]
    yield from _words(asked, said_by(record, "assistant"), rules)


def _prompt_completion(record: dict[str, Any], rules: DatasetRules, _: str | None) -> Findings:
    names = ("prompt", "completion")
    yield from unknown_members(record, "the record", names)
    for name in names:
        yield from text_findings(record.get(name), name)
    texts = [value if isinstance(value := record.get(name), str) else "" for name in names]
    yield from _words(texts[:1], texts[1:], rules)


def _plain_text(record: dict[str, Any], rules: DatasetRules, _: str | None) -> Findings:
    yield from unknown_members(record, "the record", ("input",))
    text = record.get("input")
    yield from text_findings(text, "input")
    yield from _words([text] if isinstance(text, str) else [], [], rules)


def _image_caption(record: dict[str, Any], rules: DatasetRules, bucket: str | None) -> Findings:
    yield from unknown_members(record, "the record", ("image-ref", "caption"))
    yield from text_findings(record.get("caption"), "caption")
    yield from uri_findings(record.get("image-ref"), "image-ref", rules, bucket)
    caption = record.get("caption")
    yield from _words([], [caption] if isinstance(caption, str) else [], rules)


def _reinforcement(record: dict[str, Any], rules: DatasetRules, _: str | None) -> Findings:
    messages = turns_of(record)
    if not messages:
        yield Finding("there are no messages: give the question as a user's turn")
        return
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or at(message, "role") not in ("system", "user", "assistant"):
            yield Finding(f"messages[{number}] has no role of system, user or assistant")
        elif not message.get("content"):
            yield Finding(f"messages[{number}] has no content: give it text")
    roles = [at(message, "role") for message in messages]
    if "user" not in roles:
        yield Finding("there is no turn of the user: give the question as one")
    if "system" in roles[1:]:
        yield Finding("a turn of the system comes after another: put it first")
    if record.get("reference_answer") is None:
        yield Finding("there is no reference_answer: the grader may need one", is_warning=True)
    elif record["reference_answer"] in ("", {}):
        yield Finding("reference_answer is empty: give what the grader compares with, or leave it out")
    asked = [text for role in ("system", "user") for text in said_by(record, role)]
    yield from _words(asked, said_by(record, "assistant"), rules)


def _openai_chat(record: dict[str, Any], rules: DatasetRules, _: str | None) -> Findings:
    if problem := chat_problem(record):
        yield Finding(problem)
        return
    asked = [text for role in (*SYSTEM_ROLES, "user") for text in said_by(record, role)]
    yield from _words(asked, said_by(record, "assistant"), rules)


_CHECKS: Mapping[RecordSchema, Callable[[dict[str, Any], DatasetRules, str | None], Findings]] = {
    RecordSchema.CONVERSATION: _conversation,
    RecordSchema.CLAUDE_MESSAGES: _claude,
    RecordSchema.PROMPT_COMPLETION: _prompt_completion,
    RecordSchema.PLAIN_TEXT: _plain_text,
    RecordSchema.IMAGE_CAPTION: _image_caption,
    RecordSchema.REINFORCEMENT: _reinforcement,
    RecordSchema.OPENAI_CHAT: _openai_chat,
}


def _turns(record: dict[str, Any], rules: DatasetRules, *, content: type) -> Findings:
    messages = record.get("messages")
    if not isinstance(messages, list) or not messages:
        said = "there are no messages" if not messages else f"messages is {type(messages).__name__}"
        yield Finding(f"{said}: a list of a user's turn and the assistant's answer is needed")
        return
    roles = [str(at(message, "role")) for message in messages]
    # Distillation takes records without an answer: the teacher writes it.
    is_question = not rules.needs_answers and roles == ["user"]
    if not is_question and (roles != ["user", "assistant"] * (len(roles) // 2) or len(roles) % 2):
        said = ", ".join(roles)
        yield Finding(f"the turns are {said}: user and assistant must alternate, the assistant last")
    for number, message in enumerate(messages):
        yield from unknown_members(message, f"messages[{number}]", ("role", "content"))
        given = at(message, "content")
        if not isinstance(given, content):
            kind = "a text" if content is str else "a list of blocks such as {'text': …}"
            yield Finding(f"messages[{number}].content is {type(given).__name__}: it must be {kind}")
        elif not given or not str(given).strip():
            yield Finding(f"messages[{number}] has no content: give it text")


def _system(system: object, rules: DatasetRules) -> Findings:
    if system is None:
        return
    if not isinstance(system, list) or not system:
        yield Finding("system must be a list of blocks such as {'text': …}, or be left out")
        return
    most = rules.max_system_texts
    if most is not None and len(system) > most:
        yield Finding(f"{len(system)} blocks of system text; at most {most} can be used: put them into one")
    for number, block in enumerate(system):
        yield from text_findings(at(block, "text"), f"system[{number}].text")
        yield from unknown_members(block, f"system[{number}]", ("text",))


def _words(asked: list[str], answers: list[str], rules: DatasetRules) -> Findings:
    """Findings about reserved words, and about the estimated number of tokens."""
    # In answers too, where AWS's own validators look for them.
    for what, texts in (("the text", asked), ("the answer", answers)):
        for word in dict.fromkeys(word for text in texts for word in reserved_in(text, rules)):
            yield Finding(f"{what} holds {word!r}, which is reserved by the model: rephrase it")
    # An estimate, and so a warning: the tokenizers of most models are not public.
    tokens = sum(map(len, (*asked, *answers))) // rules.characters_per_token
    if rules.max_tokens is not None and tokens > rules.max_tokens:
        estimate = f"about {tokens} tokens at {rules.characters_per_token} characters each"
        yield Finding(f"{estimate}; at most {rules.max_tokens}: shorten it", is_warning=True)


def reserved_in(text: str, rules: DatasetRules) -> list[str]:
    """The reserved words in a text, in any case."""
    lower = text.lower()
    return [word for spelled, word in _spelled(rules.reserved_words) if spelled in lower]


@lru_cache
def _spelled(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The words in lower case, each with its first spelling."""
    # Reversed twice, so that of spellings that differ in case the first is the one that is told.
    return tuple({word.lower(): word for word in reversed(words)}.items())[::-1]
