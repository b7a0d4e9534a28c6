"""The members of a pool, as their kinds describe them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from burnish.engine.pages import Reading
from burnish.engine.tunable_model import TunableModel
from burnish.errors import InvalidRecords, ModelFailed


@dataclass(frozen=True, kw_only=True)
class PoolMember:
    """A base model of a pool. ``reading`` is what it is given of each page before it is tuned."""

    name: str
    model: TunableModel
    reading: Reading
    writes_text: bool
    #: Whether a training of it can start from what an earlier one has made.
    tunes_further: bool
    #: Whether it tells how it answers training examples without having seen them (`HeldOutAnswers.training`).
    answers_out_of_fold: bool


@contextmanager
def naming(member: str) -> Iterator[None]:
    """Have an error name the member that it comes from."""
    try:
        yield
    except (InvalidRecords, ModelFailed) as error:
        raise type(error)(f"{member}, a member of the pool: {error}") from error
    except Exception as error:
        # Its type decides whether a job fails or waits, so it stays what it is.
        error.add_note(f"Raised by {member}, a member of the pool")
        raise
