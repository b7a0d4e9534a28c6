"""The URIs of media on a line, found without reading it as JSON where that can be."""

from __future__ import annotations

import re

from burnish.checking.record_parts import media_of
from burnish.json_lines import value_or_none

#: A quote inside a JSON string is escaped, so this finds members and never a text that looks like one.
_MEMBER = re.compile(rb'"(?:uri|image-ref)"\s*:\s*"([^"\\]*)(["\\])')


def media_uris_in(line: bytes) -> list[str]:
    r"""The URIs of a line's media, also where slashes are escaped (``s3:\/\/``), as some writers do."""
    found = _MEMBER.findall(line)
    if any(end != b'"' for _, end in found):
        return [medium.uri for medium in media_of(value_or_none(line))]
    return [uri.decode(errors="replace") for uri, _ in found]
