"""One contract for whoever answers for pages, over every implementation."""

import json

import pytest

from burnish.errors import InvalidInput
from burnish.evaluation.journal import Journal
from burnish.evaluation.predicting import Page
from burnish.evaluation.predictors import ConversePredictor, RecordedPredictor
from burnish.records import classification_prompt

PROMPT = classification_prompt(["a", "b"])
PAGES = [Page(name=f"{number}.png", label="ab"[number % 2], png=b"png %d" % number) for number in range(7)]
#: Page 2 is not answered, page 3 with something that is no label.
ANSWERS = {page.name: '{"type": "a"}' for page in PAGES if page.name != "2.png"} | {"3.png": "a memo, or so"}


class Model:
    """Answers as `ANSWERS` has it."""

    def converse(self, **request):
        from botocore.exceptions import ReadTimeoutError

        png = request["messages"][0]["content"][1]["image"]["source"]["bytes"]
        name = next(page.name for page in PAGES if page.png == png)
        if name not in ANSWERS:
            raise ReadTimeoutError(endpoint_url="https://host")
        return {"output": {"message": {"content": [{"text": ANSWERS[name]}]}}, "usage": {}}


def asked(tmp_path):
    journal = Journal(tmp_path / "answers.jsonl")
    return ConversePredictor(name="m", runtime=Model(), prompt=PROMPT, journal=journal)


def recorded(tmp_path):
    path = tmp_path / "recorded.jsonl"
    lines = [json.dumps({"page": name, "answer": answer}) for name, answer in ANSWERS.items()]
    path.write_text("\n".join(lines) + "\n\n")
    return RecordedPredictor(name="m", path=path, labels=PROMPT.labels)


@pytest.fixture(params=[asked, recorded], ids=lambda make: make.__name__)
def predictor(request, tmp_path):
    return request.param(tmp_path)


def test_every_page_has_a_prediction_in_order_with_its_name_and_label(predictor):
    found = predictor.predict(PAGES)
    assert [(one.page, one.label) for one in found] == [(page.name, page.label) for page in PAGES]


def test_a_page_without_an_answer_stays_in_the_count_with_its_error(predictor):
    found = predictor.predict(PAGES)
    assert [one.page for one in found if one.error] == ["2.png"]
    assert found[2].predicted is None


def test_an_answer_that_names_no_label_is_kept_and_names_none(predictor):
    found = predictor.predict(PAGES)[3]
    assert (found.answer, found.predicted, found.error) == ("a memo, or so", None, None)


def test_each_prediction_is_heard_of_once(predictor):
    heard = []
    predictor.predict(PAGES, heard.append)
    assert sorted(one.page for one in heard) == [page.name for page in PAGES]


def test_the_same_pages_again_give_the_same(predictor):
    def plain(found):
        return [(one.page, one.answer, one.predicted) for one in found]

    assert plain(predictor.predict(PAGES)) == plain(predictor.predict(PAGES))


def test_of_no_pages_there_are_no_predictions(predictor):
    assert predictor.predict([]) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no json\n", "line 1"),
        ('{"page": "a"}\n', "line 1: .*A line holds a page and an answer"),
        ('{"page": "a", "answer": "x"}\n{"page": "a", "answer": "y"}\n', "line 2: 'a' is answered twice"),
    ],
)
def test_answers_that_cannot_be_read_are_named_by_line(tmp_path, text, says):
    path = tmp_path / "recorded.jsonl"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=says):
        RecordedPredictor(name="m", path=path, labels=("a",)).predict(PAGES)
    with pytest.raises(InvalidInput, match="There are no answers"):
        RecordedPredictor(name="m", path=tmp_path / "none", labels=("a",)).predict(PAGES)
