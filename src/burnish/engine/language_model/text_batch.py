"""Texts that a base model and its adapters write at the same time.

A text joins the others at any token, and leaves them with its own last one: each has its own adapter, its own
sampling, schema and end. A step of the network for many texts takes hardly longer than for one, because what
takes time is going through the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from msgspec import structs

from burnish.engine.adapters import AdaptedNetwork
from burnish.engine.failures import failure_of
from burnish.engine.inference_messages import Answer, Sampling, TextPiece
from burnish.engine.language_model.endings import TextEnd, answer_of, room_of, text_of
from burnish.engine.language_model.grammars import OnlyValidTokens
from burnish.engine.language_model.growing_text import GrowingText
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.row_cache import CachedSequence, RowCache, bytes_of
from burnish.engine.language_model.sampling import TokenChoice
from burnish.engine.out_of_memory import make_room_on_device, ran_out_of_memory, ruined_the_device
from burnish.engine.tunable_model import Cancelled
from burnish.engine.writing import MAX_TEXTS, TextOutcome, Writer
from burnish.errors import BurnishError


@dataclass(frozen=True, kw_only=True, eq=False)
class TextRequest:
    """What a text is written after, and how."""

    prompt: Sequence[int]
    #: Runs the prompt and what has been written after it: the next logits, (vocabulary), and the cache.
    run: Callable[[LanguageModel, Sequence[int]], tuple[torch.Tensor, CachedSequence]]
    sampling: Sampling
    adapter: Path | None = None
    bound: OnlyValidTokens | None = None
    #: What else is said in the answer.
    complete: Callable[[Answer], Answer] = lambda answer: answer
    is_cancelled: Callable[[], bool] = lambda: False


class BatchedText:
    """A text that is written together with others."""

    def __init__(self, batch: TextBatch, model: LanguageModel, request: TextRequest) -> None:
        self.request = request
        self._batch = batch
        self._model = model
        self._choice = TokenChoice(
            request.sampling, model.causal.generation_config, model.device, request.bound
        )
        self._end = TextEnd(model, request.sampling.stop)
        self._form = request.bound.form if request.bound else None
        self._growing = GrowingText(self._end.strings, self._form)
        self._begun = len(request.prompt)
        self.room = room_of(model, request.sampling, input_tokens=self._begun)
        self.tokens = list(request.prompt)
        self.outcome: TextOutcome | None = None

    @property
    def writer(self) -> Writer:
        """The batch that it is in."""
        return self._batch

    @property
    def longest(self) -> int:
        """How many tokens it can come to, those of its prompt included."""
        return self._begun + self.room

    def next_piece(self) -> TextPiece | None:
        """What was written since this was last asked, as far as it stays."""
        written = self.tokens[self._begun :]
        text = self._growing.next(text_of(self._model, written))
        if not text:
            return None
        return TextPiece(text=text, input_tokens=self._begun, output_tokens=len(written))

    def take(self, logits: torch.Tensor) -> None:
        """Write the token that the logits make the next one, which may end the text."""
        try:
            self.tokens.append(self._choice.next(self.tokens, logits))
        except BurnishError as error:
            self.outcome = error
            return
        written = self.tokens[self._begun :]
        if len(written) >= self.room or self._end.is_at(written):
            answer = answer_of(self._model, self._begun, written, self.request.sampling)
            text = self._form.object_in(answer.text) if self._form else answer.text
            self.outcome = self.request.complete(structs.replace(answer, text=text))


class TextBatch:
    """The texts that are being written with one base model, and those that wait for their beginning.

    What fails with several is tried with half of them, down to the text at fault. Texts that make way begin
    again later with what they have written.
    """

    def __init__(self, network: AdaptedNetwork[LanguageModel], *, bound: int) -> None:
        self._network = network
        #: How many bytes of keys and values texts may come to that are written together.
        self.bound = bound
        self._waiting: list[BatchedText] = []
        self._writing: list[BatchedText] = []
        self._joining: list[CachedSequence] = []
        self._rows = RowCache()
        self._most = MAX_TEXTS
        self._bytes_of_a_token = 0

    def begin(self, model: LanguageModel, request: TextRequest) -> BatchedText:
        """A text, which joins the others with the next step that has room for it."""
        text = BatchedText(self, model, request)
        self._waiting.append(text)
        return text

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self) -> None:
        """Begin the next text that waits, where there is room, or else write a token of every text.

        One is begun at a step: the first token of each is there as soon as its own prompt has been read.
        """
        self._waiting = [text for text in self._waiting if not _is_given_up(text)]
        if self._waiting and self._has_room_for(self._waiting[0]):
            text = self._waiting.pop(0)
            self._try(partial(self._begin, text), [text])
        else:
            self._write_all()
        if not self._writing and not self._waiting:
            self._most = MAX_TEXTS

    def _write_all(self) -> None:
        if self._joining:
            self._try(self._join, self._writing)
        for text in self._writing:
            _is_given_up(text)
        self._drop_ended()
        if self._writing:
            self._try(self._write, self._writing)

    def _has_room_for(self, text: BatchedText) -> bool:
        """Whether a text may join: always where there is no other."""
        if not self._writing:
            return True
        together = [*self._writing, text]
        columns = max(one.longest for one in together)
        memory = len(together) * columns * self._bytes_of_a_token
        return len(together) <= self._most and memory <= self.bound

    def _begin(self, text: BatchedText) -> None:
        """Run a text's prompt and write its first token."""
        with self._network.using(text.request.adapter) as model:
            logits, sequence = text.request.run(model, text.tokens)
        self._bytes_of_a_token = bytes_of(sequence.layers) // sequence.length
        text.take(logits)
        if text.outcome is None:
            self._joining.append(sequence)
            self._writing.append(text)

    def _join(self) -> None:
        self._rows.add(self._joining)
        self._joining = []

    def _write(self) -> None:
        adapters = [text.request.adapter for text in self._writing]
        with self._network.using_each(adapters) as (model, options):
            inputs = self._rows.inputs([text.tokens[-1] for text in self._writing], model.device)
            logits = model.next_logits(**inputs, **options)
        for text, row in zip(self._writing, logits, strict=True):
            text.take(row)
        self._drop_ended()

    def _drop_ended(self) -> None:
        for row in reversed(range(len(self._writing))):
            if self._writing[row].outcome is not None:
                self._rows.remove(row)
                last = self._writing.pop()
                if row < len(self._writing):
                    self._writing[row] = last

    def _try(self, work: Callable[[], None], texts: Sequence[BatchedText]) -> None:
        """Do what concerns these texts. Where that fails with one alone, the failure is its outcome.

        Raises what has ruined the device.
        """
        failure = failure_of(work)
        if failure is None:
            return
        make_room_on_device(failure)
        if ruined_the_device(failure):
            raise failure
        self._make_way(list(texts), failure)

    def _make_way(self, texts: list[BatchedText], failure: Exception) -> None:
        others = [text for text in self._writing if text not in texts]
        if len(texts) == 1 and not (others and ran_out_of_memory(failure)):
            texts.pop().outcome = failure
        else:
            self._most = len(others) or len(texts) // 2
        self._waiting = [*(text for text in texts if text.outcome is None), *self._waiting]
        if not others:
            self._writing, self._joining, self._rows = [], [], RowCache()


def _is_given_up(text: BatchedText) -> bool:
    """Whether a text has ended; one that nobody waits for ends here."""
    if text.request.is_cancelled():
        text.outcome = Cancelled()
    return text.outcome is not None
