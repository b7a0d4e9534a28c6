"""A predictor that replays recorded answers instead of calling a model."""

from __future__ import annotations

import unicodedata
import warnings
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from burnish.errors import InvalidInput
from burnish.evaluation.answer_files import RecordedAnswer, RecordedAnswers, read_answers
from burnish.evaluation.answer_reading import read_answer
from burnish.evaluation.parsing import parse_label
from burnish.evaluation.predicting import Page, Prediction, unanswered
from burnish.evaluation.probabilities import contradicts
from burnish.extraction_prompts import ExtractionPrompt

#: Of pages and labels that a sentence lists, so many are named.
_NAMED = 5


@dataclass(frozen=True)
class _Matched:
    """The answers by the names of pages, and those that belong to none of them."""

    answers: Mapping[str, RecordedAnswer]
    #: For pages of the data set that are not asked about, by their names.
    elsewhere: Mapping[str, RecordedAnswer]
    unknown: Sequence[RecordedAnswer]


@dataclass(frozen=True, kw_only=True)
class RecordedPredictor:
    """Answers from a JSONL file: lines of ``page`` and ``answer``, and ``probabilities`` if there are any.

    A page is named as in the manifest of the data set. Where just one page goes by it, a name may have
    backslashes for slashes or begin with ``./``; ``remarks`` say so. A page without an answer is wrong.
    """

    name: str
    path: Path
    labels: Sequence[str]
    #: How answers are read, where they are fields; without it they name one of the labels.
    fields: ExtractionPrompt | None = None
    #: The names of all pages of the data set: an answer for one that is not asked about is no mistake.
    known: Collection[str] = ()
    #: Hears what a user should know of the file, when its answers are taken.
    on_notice: Callable[[str], object] = warnings.warn

    def predict(
        self, pages: Sequence[Page], on_prediction: Callable[[Prediction], None] | None = None
    ) -> list[Prediction]:
        """Look the pages up. Raises `InvalidInput` naming a line that cannot be read, or counted."""
        answers = self._matched(pages).answers
        found = [self._prediction(page, answers.get(page.name)) for page in pages]
        for remark in self.remarks(pages):
            self.on_notice(remark)
        for prediction in found:
            if on_prediction:
                on_prediction(prediction)
        return found

    def predict_answered(self, pages: Sequence[Page]) -> list[Prediction]:
        """The predictions for those of the pages that the file answers."""
        names = [page.name for page in pages]
        answers = _match(self.path, self._file.answers, names, set(self.known) - set(names)).answers
        return [self._prediction(page, answers[page.name]) for page in pages if page.name in answers]

    def remarks(self, pages: Sequence[Page], validation: Sequence[Page] = ()) -> tuple[str, ...]:
        """What a reader must know of the file beside its figures. Raises as `predict` does.

        Answers for ``validation`` pages are no mistake where it is calibrated by them.
        """
        doubts = (
            self._doubts(pages, self._matched(pages), {page.name for page in validation}) if pages else ()
        )
        return tuple(
            f"{self.name}: {what}: {len(things)} ({_listed(things)})" for what, things in doubts if things
        )

    @cached_property
    def _file(self) -> RecordedAnswers:
        return read_answers(self.path, self.labels)

    def _matched(self, pages: Sequence[Page]) -> _Matched:
        names = [page.name for page in pages]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InvalidInput(f"Two pages are called {twice!r}: answers by name cannot tell them apart")
        matched = _match(self.path, self._file.answers, names, set(self.known) - set(names))
        if names and not matched.answers:
            raise InvalidInput(self._strangers(names))
        return matched

    def _strangers(self, names: Sequence[str]) -> str:
        first = next((one.page for one in self._file.answers), None)
        holds = f"it answers {first!r}" if first is not None else "it holds no answers"
        return (
            f"{self.path} answers none of the {len(names)} pages that are asked about, such as {names[0]!r}: "
            f"{holds}. Name pages as the manifest of the data set does"
        )

    def _doubts(
        self, pages: Sequence[Page], matched: _Matched, validation: Collection[str]
    ) -> Iterator[tuple[str, list[str]]]:
        """What may be wrong with the answers, each with what it is wrong with."""
        answers, file = matched.answers, self.path.name
        yield (
            f"pages without an answer in {file}, which count as wrong",
            [repr(page.name) for page in pages if page.name not in answers],
        )
        yield (
            f"answers in {file} for pages that are not in the data set, which are ignored",
            [f"{one.page!r} in line {one.line}" for one in matched.unknown],
        )
        yield (
            f"answers in {file} for pages that are not asked about",
            [repr(one.page) for name, one in matched.elsewhere.items() if name not in validation],
        )
        yield (
            f"pages that {file} spells differently from the data set",
            [f"{one.page!r} for {name!r}" for name, one in answers.items() if one.page != name],
        )
        yield (
            f"answers in {file} that are not the label they give the highest probability",
            [repr(page.name) for page in pages if self._contradicts(answers.get(page.name))],
        )
        yield f"fields in {file} that are not read", [repr(name) for name in self._file.unread_fields]

    def _contradicts(self, one: RecordedAnswer | None) -> bool:
        if one is None or one.probabilities is None:
            return False
        return contradicts(self._said(one.answer), one.probabilities)

    def _said(self, answer: str) -> str | None:
        return read_answer(answer, self.fields) if self.fields else parse_label(answer, self.labels)

    def _prediction(self, page: Page, one: RecordedAnswer | None) -> Prediction:
        if one is None:
            return unanswered(page)
        return Prediction(
            page=page.name,
            label=page.label,
            answer=one.answer,
            predicted=self._said(one.answer),
            probabilities=one.probabilities,
            seconds=0.0,
        )


def _match(
    path: Path, answers: Iterable[RecordedAnswer], names: Sequence[str], others: Collection[str]
) -> _Matched:
    """Each answer with its page: by its name, else by the one name that is spelled like it."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name in (*names, *others):
        alike[_plain(name)].append(name)
    asked, found = set(names), dict[str, RecordedAnswer]()
    elsewhere, unknown = dict[str, RecordedAnswer](), list[RecordedAnswer]()
    for one in answers:
        candidates = (
            [one.page] if one.page in asked or one.page in others else alike.get(_plain(one.page), [])
        )
        # A spelling that fits two pages is for neither: a guess would score one page by another's answer.
        if len(candidates) != 1:
            unknown.append(one)
        elif candidates[0] not in asked:
            elsewhere[candidates[0]] = one
        elif earlier := found.get(candidates[0]):
            raise InvalidInput(
                f"{path}, line {earlier.line} and line {one.line}: {candidates[0]!r} is answered twice, as "
                f"{earlier.page!r} and as {one.page!r}: leave one answer to each page"
            )
        else:
            found[candidates[0]] = one
    return _Matched(found, elsewhere, unknown)


def _plain(name: str) -> str:
    """What spellings of one path have in common."""
    path = str(PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")))
    # A manifest names a first page for its document alone, where other programs number it too.
    return path.removesuffix(", page 1")


def _listed(things: Sequence[str]) -> str:
    named = ", ".join(things[:_NAMED])
    return named if len(things) <= _NAMED else f"{named} and {len(things) - _NAMED} more"
