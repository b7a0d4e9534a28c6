"""What is known of labels before any page: their names, and their descriptions in the prompts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from burnish.engine.conversations import Conversation
from burnish.records import descriptions_in


def descriptions_of(conversations: Iterable[Conversation]) -> dict[str, str]:
    """The descriptions of labels in the prompts, by the label; empty where they have no table of types."""
    texts = {turn.text for conversation in conversations for turn in conversation.turns}
    return {label: said for text in sorted(texts) for label, said in descriptions_in(text).items()}


def label_text(label: str, descriptions: Mapping[str, str]) -> str:
    """A label as a short text, to be compared with pages."""
    name = label.replace("_", " ")
    said = descriptions.get(label, "")
    return f"{name}: {said}" if said and said != name else name
