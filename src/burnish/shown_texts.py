"""Escaping of untrusted text for display: it must not move the cursor, hide, reorder or forge lines.

A label, a file name or a server's message may contain anything. Invisible characters are written as escapes,
as JSON and Python write them.
"""

from __future__ import annotations

import logging
import re

#: Control characters, line separators, direction overrides and zero-width characters.
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
#: The exceptions, since ordinary text needs them: they join letters in Persian and Hindi, and emoji.
_JOINERS = "\u200c\u200d"
#: What sets a text of several lines.
LINES = "\n\t"


def shown(text: str, *, keep: str = "") -> str:
    """The text with escapes for what cannot be seen; characters in ``keep`` stay as they are."""
    return _INVISIBLE.sub(lambda found: found[0] if found[0] in keep + _JOINERS else _escape(found[0]), text)


def visible(value: object) -> object:
    """What a template prints: of texts, what can be seen of them."""
    return shown(value, keep=LINES) if type(value) is str else value


def _escape(character: str) -> str:
    short = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
    return short.get(character, f"\\u{ord(character):04x}")


class LogLine(logging.Formatter):
    """A record as one line, whatever its message holds; a traceback follows on lines of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's own
        """The line of a record."""
        record.message = shown(record.message)
        return super().formatMessage(record)


def log_lines() -> None:
    """Log to standard error from now on, a line for each record."""
    handler = logging.StreamHandler()
    handler.setFormatter(LogLine("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
