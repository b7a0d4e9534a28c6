"""What a job trains with, as its page shows it."""

from __future__ import annotations

from burnish.types import FinetuningJobResult, JobStatus
from burnish.ui.job_hyperparameters import hyperparameter_lines, reasons_of

JOB = FinetuningJobResult(
    job_arn="arn",
    job_name="papers",
    status=JobStatus.IN_PROGRESS,
    hyperparameters={"batchSize": "4"},
    trained_hyperparameters={
        "epochCount": "auto",
        "batchSize": "4",
        "seed": "0",
        "chosenEpochCount": "5",
        "chosenBecause": "epochCount: 40 examples; each 2 to 5 times; pageTokens: cut",
    },
)


def test_each_value_is_told_with_where_it_is_from():
    assert [(one.name, one.value, one.source) for one in hyperparameter_lines(JOB)] == [
        ("epochCount", "5", "chosen from the data"),
        ("batchSize", "4", "the request"),
        ("seed", "0", "default"),
    ]


def test_a_reason_may_have_semicolons_of_its_own():
    assert reasons_of(JOB) == ["epochCount: 40 examples; each 2 to 5 times", "pageTokens: cut"]
