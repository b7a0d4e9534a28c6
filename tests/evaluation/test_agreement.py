"""What several samples for one page agree on."""

import pytest

from burnish.errors import InvalidInput
from burnish.evaluation.agreement import agreement
from burnish.evaluation.predicting import Prediction


def test_several_samples_agree_or_not():
    def said(label):
        return Prediction(page="p", label="a", predicted=label, answer=label, seconds=0.0)

    found = agreement([said("a"), said("b"), said("a"), said(None)])
    assert (found.predicted, found.probability) == ("a", 0.5)
    assert agreement([said(None), said(None)]).probability is None
    with pytest.raises(InvalidInput, match="samples of one page"):
        agreement([])
