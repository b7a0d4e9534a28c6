"""The part of a text that is final while the rest is still being written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from burnish.engine.object_forms import ObjectForm

#: What stands in decoded text for a character of which not all bytes are there.
INCOMPLETE = "\ufffd"


class GrowingText:
    """Gives a text in pieces, none of which is taken back by what follows.

    What may yet become one of ``ends`` is kept back, and so is what ``form`` says stands around the answer.
    """

    def __init__(self, ends: Sequence[str], form: ObjectForm | None = None) -> None:
        self._form = form or ObjectForm()
        self._ends = [*ends, self._form.after]
        self._given = 0

    def next(self, text: str) -> str:
        """What has become final since the last call; ``text`` is all of it so far."""
        final = self._final(text)
        piece = final[self._given :]
        self._given += len(piece)
        return piece

    def _final(self, text: str) -> str:
        text = text.rstrip(INCOMPLETE)
        text = text[: len(text) - possible_end(text, self._ends)]
        before = self._form.before
        return "" if before.startswith(text) else text.removeprefix(before)


def possible_end(text: str, ends: Iterable[str]) -> int:
    """The number of last characters of a text that are one of ``ends``, or the beginning of one."""
    return max(
        (
            length
            for end in ends
            for length in range(min(len(end), len(text)), 0, -1)
            if text.endswith(end[:length])
        ),
        default=0,
    )
