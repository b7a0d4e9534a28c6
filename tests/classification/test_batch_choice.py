"""One by one or in a batch, and the reason that users are given."""

from __future__ import annotations

import pytest

from burnish.classification.batch_choice import batch_choice


@pytest.mark.parametrize(
    ("given", "leads_to_aws", "pages", "is_batch"),
    [
        (None, True, 299, False),
        (None, True, 300, True),
        (None, False, 10_000, False),
        (True, False, 1, True),
        (False, True, 10_000, False),
    ],
)
def test_a_batch_is_for_hundreds_of_pages_on_aws_unless_told_otherwise(given, leads_to_aws, pages, is_batch):
    assert batch_choice(given, leads_to_aws=leads_to_aws, pages=pages, usd=None).is_batch == is_batch


def test_the_reason_names_what_it_costs_and_how_to_decide_otherwise():
    found = batch_choice(None, leads_to_aws=True, pages=2000, usd=1.2)
    assert "about $0.6 and not $1.2" in found.reason
    assert "--no-batch" in found.reason
    assert "--batch" in batch_choice(None, leads_to_aws=True, pages=64, usd=0.1).reason
