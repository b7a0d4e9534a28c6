"""What a job is made of by the command line: refused where data and method do not go together."""

import pytest

from burnish.cli.job_config import JobFiles, TuningOptions, files_of
from burnish.errors import InvalidConfig


def test_pre_training_takes_a_file_of_plain_text_and_no_data_set():
    tuning = TuningOptions(pre_training=True)
    assert files_of("s3://papers/texts.jsonl", tuning) == JobFiles(
        train="s3://papers/texts.jsonl", validation=None, folder="s3://papers"
    )
    with pytest.raises(
        InvalidConfig, match=r's3://papers/set is a data set .* \.jsonl of plain text, {"input"'
    ):
        files_of("s3://papers/set", tuning)
