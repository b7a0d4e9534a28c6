"""Asking a model about any number of documents, with only those in memory that are being asked about."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import msgspec

from burnish.classification.batch_asking import BatchAsking, BatchedDocument, PendingBatch
from burnish.classification.document_journal import DocumentJournal
from burnish.classification.incoming import IncomingDocument
from burnish.classification.page_answers import DocumentAnswers, PageAnswer, page_answer
from burnish.datasets.documents import Document
from burnish.datasets.pages import Rendering
from burnish.datasets.render_pool import RenderPool
from burnish.datasets.render_worker import RenderedDocument
from burnish.evaluation.predicting import (
    REFUSED,
    Asking,
    Page,
    Prediction,
    Runtime,
    predict,
    predictions,
    request_about,
)
from burnish.evaluation.predictors import without_schema
from burnish.extraction_prompts import Prompt
from burnish.parallel import map_ordered

#: Documents that are rendered at a time: rendering is seldom what a model waits for.
_RENDERED_AT_ONCE = 2


@dataclass(frozen=True, kw_only=True)
class DocumentQuestion:
    """What is asked about every page, of whom, and which pages of a document are asked about."""

    runtime: Runtime
    #: What to call: it may be deployed for that, and is asked for once there is a page.
    endpoint: Callable[[], str]
    #: What stays the same of the model however often it is deployed.
    identity: tuple[str, ...]
    prompt: Prompt
    rendering: Rendering
    asking: Asking = field(default_factory=Asking)
    on_notice: Callable[[str], None] = lambda notice: None

    def key_of(self, document: IncomingDocument) -> str:
        """What the answers about a document are kept under: changed in anything, it is asked about again."""
        request = request_about([{"sha256": document.digest}], self.prompt, self.asking)
        whole = msgspec.json.encode(
            [self.identity, request, self.rendering, document.name, document.reason], order="deterministic"
        )
        return hashlib.sha256(whole).hexdigest()


@dataclass(kw_only=True)
class _OpenDocument:
    """A document of which answers are still to come."""

    document: IncomingDocument
    key: str
    count: int
    looks: tuple[str, ...] = ()
    answers: list[PageAnswer] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return len(self.answers) == self.count

    def batched(self) -> BatchedDocument:
        return BatchedDocument(
            key=self.key,
            document=self.document.name,
            path=str(self.document.path),
            digest=self.document.digest,
            looks=self.looks,
            pages=self.count,
        )

    def kept(self, reason: str | None = None) -> DocumentAnswers:
        return DocumentAnswers(
            key=self.key,
            document=self.document.name,
            path=str(self.document.path),
            pages=sorted(self.answers, key=lambda one: one.page),
            reason=reason,
            digest=self.document.digest,
            looks=self.looks,
        )


def _reopened(batched: BatchedDocument) -> _OpenDocument:
    """A document that an earlier run has put into a batch."""
    document = IncomingDocument(path=Path(batched.path), name=batched.document, digest=batched.digest)
    return _OpenDocument(document=document, key=batched.key, count=batched.pages, looks=batched.looks)


class DocumentRun:
    """Documents that go through rendering and asking into a journal."""

    def __init__(
        self, question: DocumentQuestion, journal: DocumentJournal, batch: BatchAsking | None = None
    ) -> None:
        self._question = question
        self._journal = journal
        #: None where pages are asked about one by one.
        self._batch = batch
        #: The keys of all documents by their names, in their order, those that were done before too.
        self.keys: dict[str, bytes] = {}
        self._open: dict[str, _OpenDocument] = {}
        self._unreadable: deque[DocumentAnswers] = deque()

    def answer(self, documents: Iterable[IncomingDocument], on_document: Callable[[], None]) -> None:
        """Ask about the documents that the journal does not know, and keep each as it is complete.

        Raises `BudgetSpent`, once all that was asked about is kept.
        """
        with RenderPool(_RENDERED_AT_ONCE) as renderers:
            rendered = map_ordered(
                lambda one: (one, self._rendered(renderers, one)),
                self._unknown(documents, on_document),
                workers=_RENDERED_AT_ONCE,
            )
            if self._batch:
                self._batched(self._batch, self._pages(rendered), on_document)
            else:
                self._one_by_one(self._pages(rendered), on_document)
            self._keep_unreadable(on_document)

    def _unknown(
        self, documents: Iterable[IncomingDocument], on_document: Callable[[], None]
    ) -> Iterator[_OpenDocument]:
        for one in documents:
            key = self._question.key_of(one)
            if self.keys.get(one.name) == bytes.fromhex(key):  # named twice
                continue
            self.keys[one.name] = bytes.fromhex(key)
            if self._journal.knows(key):
                on_document()
            else:
                yield _OpenDocument(document=one, key=key, count=0)

    def _rendered(self, renderers: RenderPool, one: _OpenDocument) -> RenderedDocument:
        if one.document.reason:
            return RenderedDocument(reason=one.document.reason)
        file = Document(path=one.document.path, label="", digest=one.document.digest, name=one.document.name)
        return renderers.render(file, self._question.rendering)

    def _pages(self, rendered: Iterable[tuple[_OpenDocument, RenderedDocument]]) -> Iterator[Page]:
        """The pages to ask about. Runs in the threads that ask."""
        for one, found in rendered:
            if found.reason is not None:
                self._unreadable.append(one.kept(found.reason))
                continue
            one.count = len(found.pages)
            one.looks = tuple("" if page.facts.blank else page.facts.upright for page in found.pages)
            self._open[one.key] = one
            for number, page in enumerate(found.pages, 1):
                yield Page(name=f"{one.key} {number}", label="", png=page.png)

    def collect(self, batch: BatchAsking, pending: PendingBatch, on_document: Callable[[], None]) -> None:
        """Keep the answers of a batch that was submitted."""
        for one in pending.documents:
            self._open.setdefault(one.key, _reopened(one))
        for found in batch.answers(pending):
            self._take(found, on_document, in_batch=True)
        batch.forget()

    def _batched(self, batch: BatchAsking, pages: Iterator[Page], on_document: Callable[[], None]) -> None:
        """Ask about all pages in one batch. Raises `BudgetSpent` once its answers are kept."""
        uploaded = batch.uploaded(pages, lambda page: self._open[page.name.partition(" ")[0]].count)
        for key in uploaded.left_out:
            del self._open[key]
        self._keep_unreadable(on_document)
        if uploaded.input_uri:
            documents = [one.batched() for one in self._open.values()]
            self.collect(batch, batch.submit(uploaded.input_uri, documents), on_document)
        if uploaded.spent:
            raise uploaded.spent

    def _one_by_one(self, pages: Iterator[Page], on_document: Callable[[], None]) -> None:
        with closing(self._predictions(pages)) as found:
            for one in found:
                self._take(one, on_document)
                self._keep_unreadable(on_document)

    def _predictions(self, pages: Iterator[Page]) -> Generator[Prediction]:
        """The answer about each page. The first page finds out whether the model takes a schema."""
        question = self._question
        first = next(pages, None)
        if first is None:
            return
        answer = self._ask(first, question.asking)
        asking = question.asking
        if answer.error_code == REFUSED:
            asking = without_schema(
                asking, lambda way: self._ask(first, way), question.on_notice, "The model"
            )
            rest: Iterable[Page] = chain([first], pages)
        else:
            yield answer
            rest = pages
        with closing(
            predictions(question.runtime, question.endpoint(), rest, question.prompt, asking)
        ) as found:
            for _, one in found:
                yield one

    def _ask(self, page: Page, asking: Asking) -> Prediction:
        question = self._question
        return predict(question.runtime, question.endpoint(), [page], question.prompt, asking)[0]

    def _take(self, found: Prediction, on_document: Callable[[], None], *, in_batch: bool = False) -> None:
        key, _, number = found.page.partition(" ")
        one = self._open[key]
        one.answers.append(page_answer(int(number), found, in_batch=in_batch))
        if one.is_complete:
            del self._open[key]
            self._journal.keep(one.kept())
            on_document()

    def _keep_unreadable(self, on_document: Callable[[], None]) -> None:
        while self._unreadable:
            self._journal.keep(self._unreadable.popleft())
            on_document()


def asked_pages(rendering: Rendering, *, whole: bool) -> Rendering:
    """Which pages of a document are asked about: those of the data set's rendering, or all."""
    return replace(rendering, pages="all") if whole else rendering
