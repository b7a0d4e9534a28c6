"""The forms that a server's log can have: text for people, or JSON for what collects logs."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from burnish.server.request_log import FIELDS
from burnish.shown_texts import LogLine

#: A log is read days later, and a terminal on the same day.
LOG_TIME, TERMINAL_TIME = "%Y-%m-%d %H:%M:%S", "%H:%M:%S"


class LogFormat(StrEnum):
    """A form of the log."""

    TEXT = "text"
    JSON = "json"

    @property
    def formatter(self) -> logging.Formatter:
        """What makes a line of a record."""
        if self is LogFormat.JSON:
            return JsonLine()
        return LogLine("%(asctime)s  %(message)s", TERMINAL_TIME if sys.stderr.isatty() else LOG_TIME)


class JsonLine(logging.Formatter):
    """A record as one JSON object on one line: time, level, logger, message, and the fields it comes with.

    A traceback is the field ``exception``.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        time = datetime.fromtimestamp(record.created, UTC)
        members = {
            "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            members["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(members).decode()
