"""A family is one file with one constant: nothing else in the source decides anything by its name.

But for its format on the wire, which is a file and a line in a registry too, and for `burnish conformance`,
which asks for models by their ids.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import burnish

SOURCE = Path(burnish.__file__).parent
ELSEWHERE = ("server/bedrock/runtime/native_formats/", "conformance/", "cli/conformance.py")
#: The registry's import and its list, and the default that the seed document gives to `model_type`.
ALLOWED = {
    r"from burnish\.families\.nova import NOVA": 1,
    r"OWN = \(NOVA, CLAUDE, LLAMA, TITAN, OPEN_WEIGHTS\)": 1,
    r'.*\bmodel_type: str = "nova".*': 8,
}


def mentions() -> list[str]:
    """Every line that names Nova, outside its own files."""
    names = {path: path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")}
    files = [
        path for path, name in names.items() if name != "families/nova.py" and not name.startswith(ELSEWHERE)
    ]
    lines = [line.strip() for path in files for line in path.read_text().splitlines()]
    return [line for line in lines if re.search("nova", line, re.IGNORECASE)]


def test_nova_is_named_in_its_own_file_in_the_registry_and_as_the_seeds_default():
    counts = Counter(
        next((form for form in ALLOWED if re.fullmatch(form, line)), f"not allowed: {line}")
        for line in mentions()
    )
    assert counts == ALLOWED
