"""How many tokens of a page a language model is given: a setting of each training, chosen from its data.

They cost time in every step. A page's type mostly shows in its first lines, so with fewer tokens more steps
fit into the same time; what is to be extracted may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from burnish.engine.answer_forms import common_form
from burnish.engine.conversations import Conversation, Example, TrainingData
from burnish.engine.language_model.network import PAGE_TOKENS, LanguageModel
from burnish.engine.pages import PageContent, Reading
from burnish.engine.tunable_model import ChosenSetting
from burnish.families.open_weights import CHOSEN_FROM_DATA, MIN_PAGE_TOKENS
from burnish.pages.reading import WHOLE_PAGE, Line, extent_for_tokens

NAME = "pageTokens"
#: As many are chosen at most: a page of small print has about 2,000.
MOST_CHOSEN = 2048


@dataclass(frozen=True, kw_only=True)
class CutPages:
    """How many pages are longer than what the model is given of them."""

    pages: int = 0
    cut: int = 0
    #: In tokens. Estimated where the page was not read to its end.
    longest: int = 0

    def as_choice(self, page_tokens: int) -> ChosenSetting:
        """The number of tokens as it was chosen."""
        return ChosenSetting(name=NAME, value=str(page_tokens), reason=self.said(page_tokens))

    def said(self, page_tokens: int) -> str:
        """A sentence for a job's log."""
        if not self.cut:
            return f"No page is cut: the longest of {self.pages} has {self.longest} tokens"
        cut = f"{self.cut} of {self.pages} pages are cut"
        return f"{cut} at {page_tokens} tokens; the longest has {self.longest}"


def given_page_tokens(hyperparameters: Mapping[str, str]) -> int | None:
    """How many tokens a job asks for; None where that is to be chosen."""
    given = hyperparameters.get(NAME, CHOSEN_FROM_DATA)
    return None if given == CHOSEN_FROM_DATA else int(float(given))


def reading_for_tokens(page_tokens: int | None) -> Reading:
    """What to read of each page for so many tokens; the whole page where that is still to be chosen."""
    return Reading(text=extent_for_tokens(page_tokens) if page_tokens else WHOLE_PAGE)


def fitting_page_tokens(model: LanguageModel, data: TrainingData, given: int | None) -> int:
    """How many tokens of a page the model is given: those asked for, or else chosen from the data.

    For deciding among labels a page's first `PAGE_TOKENS`, for other answers the whole page. Fewer where the
    model's context has no room for them beside the longest prompt and the longest answer.
    """
    examples = (*data.training, *data.validation)
    wanted = given or _usual(model, examples)
    if not any(example.conversation.pages for example in examples):
        return wanted
    text = max(len(model.prompt_tokens(one.conversation, page_tokens=0)) for one in examples)
    answer = max(len(model.answer_tokens(one.answer)) for one in examples)
    # For one page: what has several is cut by itself, and leaves the others as they are.
    return max(MIN_PAGE_TOKENS, min(wanted, model.context - text - answer - 1))


def fitting_tokens_of_each_page(
    model: LanguageModel, conversation: Conversation, page_tokens: int, *, answer: int
) -> int:
    """How many tokens of each page of a conversation are given: fewer where its pages share the context.

    Beside an answer so long; a conversation with one page is given all ``page_tokens``.
    """
    pages = len(conversation.pages)
    if pages < 2:
        return page_tokens
    text = len(model.prompt_tokens(conversation, page_tokens=0))
    # One less for each page: what is cut between two tokens may take one more when it is tokenized again.
    room = (model.context - text - answer) // pages - 1
    return max(MIN_PAGE_TOKENS, min(page_tokens, room))


def whole_page_tokens(model: LanguageModel, conversation: Conversation, *, answer: int) -> int:
    """How many tokens of each page are given where all of it is wanted, beside an answer so long."""
    text = len(model.prompt_tokens(conversation, page_tokens=0))
    room = (model.context - text - answer) // max(len(conversation.pages), 1) - 1
    return max(MIN_PAGE_TOKENS, min(MOST_CHOSEN, room))


def cut_pages(model: LanguageModel, data: TrainingData, page_tokens: int) -> CutPages:
    """How many pages of the data are cut."""
    given = [
        (page, fitting_tokens_of_each_page(model, one.conversation, page_tokens, answer=_answer(model, one)))
        for one in (*data.training, *data.validation)
        for page in one.conversation.pages
    ]
    lengths = {id(page): _length(model, page) for page in {id(page): page for page, _ in given}.values()}
    return CutPages(
        pages=len(lengths),
        cut=len({id(page) for page, tokens in given if lengths[id(page)] > tokens}),
        longest=max(lengths.values(), default=0),
    )


def _answer(model: LanguageModel, example: Example) -> int:
    return len(model.answer_tokens(example.answer))


def _usual(model: LanguageModel, examples: Iterable[Example]) -> int:
    examples = list(examples)
    if common_form(example.answer for example in examples):
        return PAGE_TOKENS
    longest = max(_lengths(model, examples), default=PAGE_TOKENS)
    return min(max(longest, PAGE_TOKENS), MOST_CHOSEN)


def _lengths(model: LanguageModel, examples: Iterable[Example]) -> list[int]:
    """The lengths of all pages in tokens, each page once."""
    pages = {id(page): page for example in examples for page in example.conversation.pages}
    return [_length(model, page) for page in pages.values()]


def _length(model: LanguageModel, page: PageContent) -> int:
    read = len(model.tokenizer(page.text, add_special_tokens=False).input_ids)
    width = sum(map(_width, page.lines))
    width_read = sum(_width(line) for line in page.lines if line.text)
    return round(read * width / width_read) if width_read else read


def _width(line: Line) -> float:
    return (line.right - line.left) / max(line.bottom - line.top, 1e-3)
