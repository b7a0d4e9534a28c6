"""Recorded answers belong to the pages that they name; which do not, and which are missing, is said."""

import json
import unicodedata
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Page
from burnish.evaluation.recorded import RecordedPredictor

LABELS = ("a", "b")
NAMES = ("a/1.png", "a/é.png", "b/2.pdf", "b/2.pdf, page 2")
PAGES = [Page(name=name, label=name[0], png=b"") for name in NAMES]


def predictor(tmp_path, records, **options) -> RecordedPredictor:
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return RecordedPredictor(name="m", path=path, labels=LABELS, **options)


def records(*names, answer=None, **fields):
    return [{"page": name, "answer": answer or name.lstrip("./\\")[0], **fields} for name in names]


def test_answers_to_all_pages_leave_nothing_to_say(tmp_path, recwarn):
    found = predictor(tmp_path, records(*NAMES)).predict(PAGES)
    assert all(one.is_right for one in found)
    assert not list(recwarn)


def test_pages_without_an_answer_are_named_and_stay_in_the_count(tmp_path):
    heard = []
    found = predictor(tmp_path, records(*NAMES[:2]), on_notice=heard.append).predict(PAGES)
    assert [bool(one.error) for one in found] == [False, False, True, True]
    assert heard == [
        "m: pages without an answer in mine.jsonl, which count as wrong: 2 ('b/2.pdf', 'b/2.pdf, page 2')"
    ]


def test_answers_for_pages_that_are_not_there_are_named_with_their_lines(tmp_path):
    (remark,) = predictor(tmp_path, records(*NAMES, "nowhere.png", answer="a")).remarks(PAGES)
    assert remark.endswith("not in the data set, which are ignored: 1 ('nowhere.png' in line 5)")


def test_who_listens_to_nothing_is_warned(tmp_path):
    with pytest.warns(UserWarning, match="'nowhere.png' in line 5"):
        predictor(tmp_path, records(*NAMES, "nowhere.png", answer="a")).predict(PAGES)


def test_answers_for_pages_of_another_part_are_no_mistake(tmp_path):
    known = {*NAMES, "a/3.png"}
    (remark,) = predictor(tmp_path, records(*NAMES, "a/3.png"), known=known).remarks(PAGES)
    assert remark == "m: answers in mine.jsonl for pages that are not asked about: 1 ('a/3.png')"


def test_answers_for_validation_pages_are_taken_where_there_are_some(tmp_path):
    validation = [Page(name=name, label="a", png=b"") for name in ("a/3.png", "a/4.png")]
    mine = predictor(tmp_path, records(*NAMES, "a/3.png"), known={*NAMES, "a/3.png", "a/4.png"})
    assert [one.page for one in mine.predict_answered(validation)] == ["a/3.png"]
    assert mine.remarks(PAGES, validation) == ()


def test_many_names_are_counted_and_the_first_are_told(tmp_path):
    strangers = [f"no/{number}.png" for number in range(8)]
    (remark,) = predictor(tmp_path, records(*NAMES, *strangers, answer="a")).remarks(PAGES)
    assert ": 8 (" in remark
    assert remark.endswith("'no/4.png' in line 9 and 3 more)")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("a\\1.png", "a/1.png"),
        ("./a/1.png", "a/1.png"),
        (".\\a\\1.png", "a/1.png"),
        ("a//1.png", "a/1.png"),
        ("b/2.pdf, page 1", "b/2.pdf"),
        (unicodedata.normalize("NFD", "a/é.png"), "a/é.png"),
    ],
)
def test_another_spelling_of_a_path_finds_the_page_and_is_said(tmp_path, said, name):
    others = [one for one in NAMES if one != name]
    one = predictor(tmp_path, records(said, *others), on_notice=lambda remark: None)
    assert all(found.is_right for found in one.predict(PAGES))
    assert one.remarks(PAGES) == (
        f"m: pages that mine.jsonl spells differently from the data set: 1 ({said!r} for {name!r})",
    )


@pytest.mark.parametrize("said", ["1.png", "A/1.png", "x/a/1.png", "a/1", "a/1.png ", "/a/1.png"])
def test_less_than_the_path_or_more_finds_no_page(tmp_path, said):
    remarks = predictor(tmp_path, records(said, *NAMES[1:], answer="a")).remarks(PAGES)
    assert [remark.split(":")[1].split(" in ")[0].strip() for remark in remarks] == [
        "pages without an answer",
        "answers",
    ]


def test_a_spelling_that_could_be_two_pages_is_neither(tmp_path):
    pages = [Page(name=name, label="a", png=b"") for name in ("a/1.png", "a\\1.png")]
    one = predictor(tmp_path, records("a/1.png", "./a/1.png", answer="a"), on_notice=lambda remark: None)
    assert [found.error is None for found in one.predict(pages)] == [True, False]


def test_two_spellings_of_one_page_are_two_answers(tmp_path):
    one = predictor(tmp_path, records("a/1.png", ".\\a\\1.png"))
    with pytest.raises(InvalidInput, match=r"line 1 and line 2: 'a/1.png' is answered twice, as 'a/1.png'"):
        one.predict(PAGES)


@pytest.mark.parametrize("given_records", [records("1.png", answer="a"), []])
def test_a_file_that_answers_no_page_at_all_is_refused(tmp_path, given_records):
    one = predictor(tmp_path, given_records)
    with pytest.raises(
        InvalidInput, match=r"answers none of the 4 pages .* such as 'a/1.png'.*Name pages as"
    ):
        one.remarks(PAGES)


def test_pages_that_share_a_name_cannot_be_answered_by_name(tmp_path):
    with pytest.raises(InvalidInput, match="Two pages are called 'a/1"):
        predictor(tmp_path, records(*NAMES)).predict([*PAGES, PAGES[0]])


def test_an_answer_against_its_own_probabilities_is_named_and_counts(tmp_path):
    rows = [*records(*NAMES[1:]), *records("a/1.png", probabilities={"a": 0.1, "b": 0.9})]
    one = predictor(tmp_path, rows, on_notice=lambda remark: None)
    assert one.predict(PAGES)[0].predicted == "a"
    assert "not the label they give the highest probability: 1 ('a/1.png')" in one.remarks(PAGES)[0]


def test_a_misspelled_field_is_named(tmp_path):
    (remark,) = predictor(tmp_path, records(*NAMES, probabilites={"a": 1.0})).remarks(PAGES)
    assert remark == "m: fields in mine.jsonl that are not read: 1 ('probabilites')"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1),
    answered=st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1),
)
def test_every_page_and_every_answer_is_counted_once(tmp_path, asked, answered):
    pages = [Page(name=name, label="a", png=b"") for name in asked]
    one = predictor(tmp_path, records(*answered, answer="a"))
    if not set(asked) & set(answered):
        with pytest.raises(InvalidInput):
            one.predict(pages)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = one.predict(pages)
    assert {prediction.page for prediction in found if prediction.error is None} == set(asked) & set(answered)
    counts = [int(remark.rsplit(": ", 1)[1].split(" (")[0]) for remark in one.remarks(pages)]
    assert sum(counts) == len(set(asked) ^ set(answered))
