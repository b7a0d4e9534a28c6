"""Operations and members of AWS that are new since somebody last looked, as the installed botocore has them.

``python tests/docs/known_operations.py`` lists them, and what to do; with ``--keep`` it takes them for known.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from botocore.session import Session

KNOWN = Path(__file__).with_name("known_operations.json")
SERVICES = ("bedrock", "bedrock-runtime", "iam", "sts")
TO_DO = """\
For each: answer it, or leave it refused by name; a new member of an operation that is answered is taken,
refused, or listed as ignored in docs/compatibility/. Then: python tests/docs/known_operations.py --keep"""


def installed() -> dict[str, dict[str, list[str]]]:
    """The members of each operation's input and output, by service and operation."""
    return {service: _operations(service) for service in SERVICES}


def _operations(service: str) -> dict[str, list[str]]:
    model = Session().get_service_model(service)
    return {name: _members(model.operation_model(name)) for name in model.operation_names}


def _members(operation) -> list[str]:
    sides = {"input": operation.input_shape, "output": operation.output_shape}
    return sorted(f"{side}.{name}" for side, shape in sides.items() if shape for name in shape.members)


def news(known, found) -> list[str]:
    """What is found and was not known, and what was known and is gone, a line for each."""
    lines = []
    for service, operations in found.items():
        before = known.get(service, {})
        lines += [f"{service}: {name} is new" for name in operations.keys() - before.keys()]
        lines += [f"{service}: {name} is gone" for name in before.keys() - operations.keys()]
        for name in operations.keys() & before.keys():
            old, new = set(before[name]), set(operations[name])
            lines += [f"{service}: {name} has a new {member}" for member in new - old]
            lines += [f"{service}: {name} has no {member} any more" for member in old - new]
    return sorted(lines)


def main(arguments: list[str]) -> None:
    """List the news, or keep what is installed as known."""
    if "--keep" in arguments:
        KNOWN.write_text(json.dumps(installed(), indent=1) + "\n", "utf-8")
        return
    found = news(json.loads(KNOWN.read_text("utf-8")), installed())
    sys.stdout.write(
        "\n".join([*found, TO_DO] if found else ["AWS has no operation or member that is new."]) + "\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
