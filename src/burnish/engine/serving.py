"""The inference process: questions as lines of JSON on standard input, answers on standard output.

Run as ``python -m burnish.engine.serving``. Pages are read while the model computes, and questions that
wait for the same decision are decided in one batch. It ends when its standard input does.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import queue
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from burnish.cache import cache_folder
from burnish.engine.inference import Answerer, Choice, ModelPlace, Sampling
from burnish.engine.language_model import Conversation, Turn, use_free_cores
from burnish.errors import InvalidInput
from burnish.reading import PageReader

LARGEST_BATCH = 8
READERS = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question whose pages have been read. Without a conversation it only has the model loaded."""

    id: str
    place: ModelPlace
    conversation: Conversation | None
    choice: Choice | None
    sampling: Sampling


class Desk:
    """Takes questions, has their pages read, and answers them in batches."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._writing = threading.Lock()
        self._ready: queue.Queue[Question] = queue.Queue()
        self._set_aside: list[Question] = []
        self._reader = PageReader(cache_folder() / "pages")
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="reading")
        self._answerer = Answerer()

    def take(self, line: bytes) -> None:
        """Accept one line; its answer comes when it comes."""
        asked = json.loads(line)
        self._pool.submit(self._read, asked)

    def answer_for_ever(self) -> None:
        """Answer what is ready, batch by batch."""
        while True:
            batch = self._next_batch()
            try:
                self._answer(batch)
            except InvalidInput as error:
                self._refuse(batch, "validation", str(error))
            except Exception as error:
                log.exception("%d questions failed", len(batch))
                self._refuse(batch, "model", f"{type(error).__name__}: {error}")

    def _read(self, asked: Mapping[str, Any]) -> None:
        try:
            self._ready.put(self._question(asked))
        except (InvalidInput, OSError) as error:
            self._write({"id": asked["id"], "kind": "validation", "error": str(error)})
        except Exception as error:
            log.exception("A page could not be read")
            self._write({"id": asked["id"], "kind": "model", "error": f"{type(error).__name__}: {error}"})

    def _question(self, asked: Mapping[str, Any]) -> Question:
        turns = [self._turn(turn) for turn in asked["turns"]]
        adapter = asked["adapter"]
        return Question(
            id=asked["id"],
            place=ModelPlace(weights=Path(asked["weights"]), adapter=Path(adapter) if adapter else None),
            conversation=Conversation(system=asked["system"], turns=tuple(turns)) if turns else None,
            choice=Choice(name=asked["choice"]["name"], labels=tuple(asked["choice"]["labels"]))
            if asked["choice"]
            else None,
            sampling=Sampling(**{**asked["sampling"], "stop": tuple(asked["sampling"].get("stop", ()))}),
        )

    def _turn(self, turn: Mapping[str, Any]) -> Turn:
        pages = tuple(self._reader.read(base64.b64decode(page)) for page in turn["pages"])
        return Turn(role=turn["role"], text=turn["text"], pages=pages)

    def _next_batch(self) -> list[Question]:
        """The next question, and those that wait for the same decision of the same model."""
        first = self._set_aside.pop(0) if self._set_aside else self._ready.get()
        while not self._ready.empty():
            self._set_aside.append(self._ready.get())
        batch = [first]
        if first.choice and first.conversation:
            for other in list(self._set_aside):
                if len(batch) < LARGEST_BATCH and (other.place, other.choice) == (first.place, first.choice):
                    batch.append(other)
                    self._set_aside.remove(other)
        return batch

    def _answer(self, batch: list[Question]) -> None:
        first = batch[0]
        if first.conversation is None:
            self._answerer.load(first.place)
            self._write({"id": first.id, "answer": None})
        elif first.choice is None:
            answer = self._answerer.generate(first.place, first.conversation, first.sampling)
            self._write({"id": first.id, "answer": asdict(answer)})
        else:
            conversations = [question.conversation for question in batch if question.conversation]
            answers = self._answerer.decide(first.place, conversations, first.choice)
            for question, answer in zip(batch, answers, strict=True):
                self._write({"id": question.id, "answer": asdict(answer)})

    def _refuse(self, batch: list[Question], kind: str, message: str) -> None:
        for question in batch:
            self._write({"id": question.id, "kind": kind, "error": message})

    def _write(self, message: Mapping[str, Any]) -> None:
        with self._writing:
            self._output.write(json.dumps(message).encode() + b"\n")
            self._output.flush()


def main() -> None:
    """Answer until standard input ends."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    use_free_cores()
    # Answers go to what was standard output; anything that a library prints goes to the log instead.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    desk = Desk(output)
    threading.Thread(target=desk.answer_for_ever, daemon=True).start()
    for line in sys.stdin.buffer:
        desk.take(line)
    os._exit(0)


if __name__ == "__main__":
    main()
