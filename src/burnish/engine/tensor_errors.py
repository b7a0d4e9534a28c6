"""What safetensors says of the operating system, such as that the disk is full, as the error that it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

_SYSTEM_ERROR = re.compile(r"os error (\d+)")


@contextmanager
def system_errors() -> Iterator[None]:
    """Raise an `OSError` where tensors could not be written for one: safetensors only has it in its text."""
    from safetensors import SafetensorError

    try:
        yield
    except SafetensorError as error:
        number = _SYSTEM_ERROR.search(str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), str(error)) from error
