"""How the files of a report are named: for their models."""

from __future__ import annotations

import hashlib
import re

#: In bytes: most file systems take 255, and something stands before and after it.
MAX_STEM_BYTES = 160


def file_stem(name: str) -> str:
    """A model's name as part of a file's name, which no file system finds too long."""
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.").lower() or "model"
    if len(stem.encode()) <= MAX_STEM_BYTES:
        return stem
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{stem.encode()[: MAX_STEM_BYTES - 13].decode(errors='ignore')}-{digest}"
