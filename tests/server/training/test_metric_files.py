"""The files that a job leaves in S3."""

from __future__ import annotations

import math

from burnish.server.training.metric_files import metrics_csv


def test_a_row_has_the_perplexity_of_its_loss_beside_it():
    text = metrics_csv("training_loss", [(0, 0, 0.0), (1, 0, 1.0)]).decode()
    head, first, second = text.splitlines()
    assert head == "step_number,epoch_number,training_loss,perplexity"
    assert first == "0,0,0.0,1.0"
    assert float(second.rpartition(",")[2]) == math.e


def test_the_perplexity_of_a_loss_too_large_for_a_number_is_infinite():
    assert metrics_csv("training_loss", [(0, 0, 1e6)]).decode().endswith("inf\n")
