"""Too little memory is told from other faults."""

from __future__ import annotations

import pytest
import torch

from burnish.engine.out_of_memory import ran_out_of_memory


def test_what_torch_raises_for_want_of_memory_is_known():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**16)
    assert ran_out_of_memory(caught.value)
    assert ran_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert ran_out_of_memory(MemoryError())


def test_other_faults_are_none_of_memory():
    with pytest.raises(RuntimeError) as caught:
        torch.ones(2) @ torch.ones(3)
    assert not ran_out_of_memory(caught.value)
