"""Fast extraction of media URIs from a line, without JSON parsing where possible."""

from __future__ import annotations

import re

from burnish.checking.record_parts import media_of
from burnish.json_lines import value_or_none

#: Quotes inside of JSON strings are escaped, so this matches members only, never text that looks like one.
_MEMBER = re.compile(rb'"(?:uri|image-ref)"\s*:\s*"([^"\\]*)(["\\])')


def media_uris_in(line: bytes) -> list[str]:
    r"""The URIs of a line's media, also where slashes are escaped (``s3:\/\/``), as some writers do."""
    found = _MEMBER.findall(line)
    if any(end != b'"' for _, end in found):
        return [medium.uri for medium in media_of(value_or_none(line))]
    return [uri.decode(errors="replace") for uri, _ in found]
