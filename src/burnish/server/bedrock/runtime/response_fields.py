"""What stands in ``additionalModelResponseFields``: what AWS has no member for, as far as it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from burnish.engine.inference_messages import Answer
from burnish.server.bedrock.faults import invalid


def require_pointers(paths: Sequence[str]) -> None:
    """Refuse paths that are no JSON pointers."""
    for path in paths:
        if not path.startswith("/"):
            raise invalid(f"additionalModelResponseFieldPaths: {path!r} is no JSON pointer: begin it with /")


def response_fields(answer: Answer, paths: Sequence[str]) -> dict[str, Any] | None:
    """What was decided by, and what ``paths``, JSON pointers, point at besides. None where there is nothing.

    Pointers at what is not there are passed over, as on Bedrock.
    """
    fields = _of_decision(answer)
    for path in paths:
        if _parts_of(path) == ["stop_sequence"]:
            fields["stop_sequence"] = answer.stop_sequence
    return fields or None


def _parts_of(path: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _of_decision(answer: Answer) -> dict[str, Any]:
    """The probability of each label and, where it is known, how typical the page is of the training."""
    if not answer.probabilities:
        return {}
    typicality: Mapping[str, Any] = {} if answer.typicality is None else {"typicality": answer.typicality}
    return {"labelProbabilities": answer.probabilities, **typicality}
