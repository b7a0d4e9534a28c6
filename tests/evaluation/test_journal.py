"""What was answered is not asked again, whatever ended the evaluation."""

from dataclasses import replace

import pytest

from burnish.errors import InvalidInput
from burnish.evaluation.journal import Journal, predict_once, question_of
from burnish.evaluation.predicting import Asking, Page, Prediction
from burnish.records import classification_prompt

PROMPT = classification_prompt(["a", "b"])
PAGES = [Page(name=f"{number}.png", label="ab"[number % 2], png=b"png %d" % number) for number in range(6)]


class Model:
    """Answers "a", and counts what it is asked; ends everything after ``at_most`` answers."""

    def __init__(self, at_most: int = 1_000, *, fails: bool = False) -> None:
        self.asked = 0
        self.at_most = at_most
        self.fails = fails

    def converse(self, **_):
        from botocore.exceptions import EndpointConnectionError

        self.asked += 1
        if self.fails:
            raise EndpointConnectionError(endpoint_url="https://host")
        return {"output": {"message": {"content": [{"text": '{"type": "a"}'}]}}, "usage": {}}


def run(model, path, **options):
    return predict_once(
        model, "model", PAGES, PROMPT, Asking(concurrency=1), journal=Journal(path), **options
    )


def test_a_second_run_asks_nothing_and_says_the_same(tmp_path):
    path = tmp_path / "answers.jsonl"
    first = run(Model(), path)
    again = Model()
    assert run(again, path) == first
    assert again.asked == 0
    assert [one.page for one in first] == [page.name for page in PAGES]


def test_an_interrupted_run_goes_on_where_it_was(tmp_path):
    path = tmp_path / "answers.jsonl"
    seen = []

    def interrupt(prediction):
        seen.append(prediction.page)
        if len(seen) == 3:
            raise KeyboardInterrupt

    first = Model()
    with pytest.raises(KeyboardInterrupt):
        run(first, path, on_prediction=interrupt)
    kept = len(path.read_text().splitlines())
    assert kept == 3
    again, heard = Model(), []
    assert len(run(again, path, on_prediction=heard.append)) == 6
    assert again.asked == 3
    assert len(heard) == 6


def test_a_line_that_was_cut_off_is_asked_for_again(tmp_path):
    path = tmp_path / "answers.jsonl"
    run(Model(), path)
    body = path.read_bytes()
    path.write_bytes(body[:-20])
    again = Model()
    run(again, path)
    assert again.asked == 1
    assert len(path.read_bytes().splitlines()) == 6


def test_a_failed_call_is_kept_and_made_again(tmp_path):
    path = tmp_path / "answers.jsonl"
    failed = run(Model(fails=True), path)
    assert all(one.error for one in failed)
    again = Model()
    assert all(one.answer for one in run(again, path))
    assert again.asked == 6


def test_an_answer_is_to_a_page_and_a_prompt_and_a_model_whatever_the_page_is_called(tmp_path):
    journal = Journal(tmp_path / "answers.jsonl")
    page = PAGES[0]
    said = Prediction(page=page.name, label="a", answer="x", predicted="a", seconds=0.1)
    journal.keep("one", question_of(page, PROMPT), said)
    assert journal.answer_to("one", page, PROMPT) == said
    assert journal.answer_to("two", page, PROMPT) is None
    assert journal.answer_to("one", replace(page, png=b"another"), PROMPT) is None
    assert journal.answer_to("one", page, classification_prompt(["a", "b", "c"])) is None
    # A copy under another name, and a label that has been corrected, are no new questions.
    moved = journal.answer_to("one", replace(page, name="moved.png", label="b"), PROMPT)
    assert (moved.page, moved.label, moved.predicted, moved.is_right) == ("moved.png", "b", "a", False)


def test_pages_of_one_name_in_two_parts_are_asked_about_each(tmp_path):
    journal, model = Journal(tmp_path / "answers.jsonl"), Model()
    for png in (b"of the test", b"of the validation"):
        page = Page(name="budget/002.pdf", label="a", png=png)
        predict_once(model, "m", [page], PROMPT, journal=journal)
    assert model.asked == 2


def test_a_file_that_is_no_journal_is_named_and_left_as_it_is(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"what": 1}\n')
    with pytest.raises(InvalidInput, match=r"answers\.jsonl, line 1, is no prediction"):
        Journal(path)
    assert path.read_text() == '{"what": 1}\n'


def test_two_pages_of_one_name_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="Two pages have one name"):
        predict_once(Model(), "m", [PAGES[0], PAGES[0]], PROMPT, journal=Journal(tmp_path / "a.jsonl"))
