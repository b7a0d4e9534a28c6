"""The files that a job leaves in S3, in Bedrock's form."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from typing import TypeAlias

#: A step and its epoch, which count from 0, and the loss in nats.
LossRow: TypeAlias = tuple[int, int, float]


def metrics_csv(loss_name: str, rows: Iterable[LossRow]) -> bytes:
    """Losses with the perplexity beside them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step_number", "epoch_number", loss_name, "perplexity"])
    for step, epoch, loss in rows:
        writer.writerow([step, epoch, loss, _perplexity(loss)])
    return text.getvalue().encode()


def _perplexity(loss: float) -> float:
    # Above 709 the exponential overflows, which Python reports by an exception.
    return math.exp(loss) if loss < 700 else math.inf
