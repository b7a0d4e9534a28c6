"""A text as it is written, for a reader that takes its pieces at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from msgspec.structs import replace

from burnish.engine.inference_messages import Answer, InferenceRequest, TextPiece
from burnish.server.inference.process import InferenceProcess


class _Unread:
    """What a reader has not taken yet, as one piece: never more than the text itself, however slow it is."""

    def __init__(self) -> None:
        self._piece: TextPiece | None = None
        self.news = asyncio.Event()

    def add(self, piece: TextPiece) -> None:
        """Keep a piece for the reader."""
        before = self._piece.text if self._piece else ""
        self._piece = replace(piece, text=before + piece.text)
        self.news.set()

    def take(self) -> TextPiece | None:
        """All that is there."""
        taken, self._piece = self._piece, None
        self.news.clear()
        return taken


async def pieces_of_answer(
    inference: InferenceProcess, request: InferenceRequest
) -> AsyncGenerator[TextPiece | Answer, None]:
    """The pieces of an answer's text, and the answer at the end. To close it is to cancel the request.

    There is one piece at least. What is decided, and what a model cannot write step by step, comes in one.
    Raises what `InferenceProcess.answer` does, where the text has broken off, too.
    """
    unread = _Unread()
    answering = asyncio.ensure_future(inference.answer(request, on_piece=unread.add))
    answering.add_done_callback(lambda _: unread.news.set())
    given = 0
    try:
        while True:
            await unread.news.wait()
            if answering.done():
                break
            if piece := unread.take():
                given += len(piece.text)
                yield piece
        answer = answering.result()
        rest = answer.text[given:]
        if rest or not given:
            yield TextPiece(text=rest, input_tokens=answer.input_tokens, output_tokens=answer.output_tokens)
        yield answer
    finally:
        answering.cancel()
        # Until it has really ended: its place is free when this returns.
        await asyncio.gather(answering, return_exceptions=True)
