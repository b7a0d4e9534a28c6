"""`evaluate_model` with the arguments and results of the description that Burnish began with."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.errors import InvalidInput, UnreadableImage
from burnish.evaluation.journal import Journal
from burnish.evaluation.predicting import Asking, Page, Prediction, Runtime
from burnish.evaluation.predictors import ConversePredictor
from burnish.records import classification_prompt

if TYPE_CHECKING:
    from burnish.records import ClassificationPrompt

ANSWERED, UNPARSED, FAILED = "success", "parse_error", "error"


def evaluate_model(
    model_info: Mapping[str, str],
    samples: Sequence[Mapping[str, Any]],
    model_name: str,
    max_workers: int = 4,
    *,
    label_mapping: Mapping[int, str] | None = None,
    prompt: ClassificationPrompt | None = None,
    runtime: Runtime | None = None,
) -> list[dict[str, Any]]:
    """What a model makes of each sample, as `calculate_metrics` takes it.

    ``model_info`` has an ``id`` for Converse; a sample has a ``label`` (a number of ``label_mapping``, or the
    name itself) and an ``image`` (a PIL image, or the bytes of a PNG). A result has ``true_label``,
    ``true_label_name``, ``prediction`` (None without one), ``status`` (``success``, ``parse_error`` or
    ``error``) and ``correct``. Without ``prompt`` models are asked for one of the labels; without ``runtime``
    at the endpoint of the environment. Raises `InvalidInput` for samples that cannot be asked about.
    """
    names = [_name_of(sample, number, label_mapping) for number, sample in enumerate(samples)]
    pages = [
        Page(name=f"sample {number}", label=name, png=_png_of(sample, number))
        for number, (sample, name) in enumerate(zip(samples, names, strict=True))
    ]
    labels = list(label_mapping.values()) if label_mapping else sorted(set(names))
    with tempfile.TemporaryDirectory() as folder:
        asked = ConversePredictor(
            name=model_name,
            model_id=model_info["id"],
            runtime=runtime or _runtime(),
            prompt=prompt or classification_prompt(labels),
            journal=Journal(Path(folder) / "answers.jsonl"),
            asking=Asking(concurrency=max_workers),
        )
        found = asked.predict(pages)
    return [_result(sample, one) for sample, one in zip(samples, found, strict=True)]


def _result(sample: Mapping[str, Any], found: Prediction) -> dict[str, Any]:
    status = FAILED if found.error else UNPARSED if found.predicted is None else ANSWERED
    return {
        "true_label": sample["label"],
        "true_label_name": found.label,
        "prediction": found.predicted,
        "status": status,
        "correct": found.is_right,
    }


def _name_of(sample: Mapping[str, Any], number: int, label_mapping: Mapping[int, str] | None) -> str:
    label: Any = sample.get("label")
    if label_mapping is None:
        return str(label)
    if label not in label_mapping:
        raise InvalidInput(f"Sample {number} has the label {label!r}, of which label_mapping knows nothing")
    return label_mapping[label]


def _png_of(sample: Mapping[str, Any], number: int) -> bytes:
    image: Any = sample.get("image")
    if isinstance(image, bytes):
        return image
    if not hasattr(image, "save"):
        raise InvalidInput(f"Sample {number} has no image: give a PIL image, or the bytes of a PNG")
    from burnish.pages.page_images import page_of

    body = io.BytesIO()
    try:
        page_of(image).save(body, "PNG")
    except UnreadableImage as error:
        raise InvalidInput(f"Sample {number} has an image that cannot be read: {error.reason}") from error
    return body.getvalue()


def _runtime() -> Runtime:
    from burnish.aws.clients import open_clients

    runtime: Runtime = open_clients().bedrock_runtime
    return runtime
