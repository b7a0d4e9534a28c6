"""What was answered is not asked again, whatever ended the evaluation."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from questions import KNOWN, question

from burnish.errors import InvalidInput
from burnish.evaluation.identity import ModelIdentity, unidentified
from burnish.evaluation.journal import Journal, predict_once
from burnish.evaluation.predicting import Asking, Page, Prediction
from burnish.evaluation.questions import Question
from burnish.records import ClassificationPrompt, classification_prompt

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
    return predict_once(model, PAGES, question(concurrency=1), journal=Journal(path), **options)


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


def test_the_code_of_an_error_is_kept_with_it(tmp_path):
    path = tmp_path / "answers.jsonl"
    run(Model(fails=True), path)
    kept = [json.loads(line)["prediction"]["error_code"] for line in path.read_text().splitlines()]
    assert kept == ["EndpointConnectionError"] * len(PAGES)


def test_a_journal_from_before_errors_had_codes_is_gone_on_with(tmp_path):
    path = tmp_path / "answers.jsonl"
    run(Model(fails=True), path)
    run(Model(), path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        del line["prediction"]["error_code"]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines[: len(PAGES) + 2]))
    again = Model()
    assert all(one.answer for one in run(again, path))
    assert again.asked == len(PAGES) - 2


SAID = Prediction(page="0.png", label="a", answer='{"type": "a"}', predicted="a", seconds=0.1)


def test_an_answer_is_to_a_page_and_a_prompt_whatever_the_page_is_called(tmp_path):
    journal, page, asked = Journal(tmp_path / "answers.jsonl"), PAGES[0], question()
    journal.keep(asked, page, SAID)
    assert journal.answer_to(asked, page) == SAID
    assert journal.answer_to(asked, replace(page, png=b"another")) is None
    assert journal.answer_to(question(classification_prompt(["a", "b", "c"])), page) is None
    described = classification_prompt(["a", "b"], {"a": "the first"})
    assert journal.answer_to(question(described), page) is None
    # A copy under another name, and a label that has been corrected, are no new questions.
    moved = journal.answer_to(asked, replace(page, name="moved.png", label="b"))
    assert (moved.page, moved.label, moved.predicted, moved.is_right) == ("moved.png", "b", "a", False)


@pytest.mark.parametrize("changed", [{"temperature": 0.7}, {"structured": False}, {"sample": 2}])
def test_an_answer_is_to_a_question_put_in_one_way(tmp_path, changed):
    journal = Journal(tmp_path / "answers.jsonl")
    journal.keep(question(), PAGES[0], SAID)
    assert journal.answer_to(question(**changed), PAGES[0]) is None


def test_how_fast_a_model_is_asked_is_no_part_of_the_question(tmp_path):
    journal = Journal(tmp_path / "answers.jsonl")
    journal.keep(question(concurrency=1), PAGES[0], SAID)
    assert journal.answer_to(question(concurrency=16), PAGES[0]) == SAID


def test_how_long_an_answer_may_be_is_part_of_the_question(tmp_path, monkeypatch):
    journal = Journal(tmp_path / "answers.jsonl")
    journal.keep(question(), PAGES[0], SAID)
    monkeypatch.setattr(ClassificationPrompt, "max_answer_tokens", 65)
    assert journal.answer_to(question(), PAGES[0]) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"model_id": "another-name"},
        {"endpoint": "http://127.0.0.1:8931"},
        {"account": "210987654321"},
        {"region": "us-west-2"},
        {"model_arn": "arn:aws:bedrock:us-east-1:123456789012:custom-model/m/0123456789ab"},
        {"version": "2027-01-02T03:04:05+00:00"},
    ],
)
def test_an_answer_is_that_of_one_model_at_one_place(tmp_path, changed):
    path = tmp_path / "answers.jsonl"
    Journal(path).keep(question(), PAGES[0], SAID)
    assert Journal(path).answer_to(question(), PAGES[0]) == SAID
    assert Journal(path).answer_to(question(model=replace(KNOWN, **changed)), PAGES[0]) is None


texts = st.text(max_size=4)
identities = st.builds(
    ModelIdentity,
    model_id=texts,
    endpoint=texts,
    account=texts,
    region=texts,
    model_arn=st.none() | texts,
    version=texts,
)
prompts = st.builds(
    ClassificationPrompt,
    labels=st.lists(texts, max_size=3, unique=True).map(tuple),
    descriptions=st.dictionaries(texts, texts, max_size=1),
)
questions = st.builds(
    Question,
    model=identities,
    prompt=prompts,
    asking=st.builds(Asking, structured=st.booleans(), temperature=st.sampled_from([0.0, 0.7])),
    sample=st.integers(1, 3),
)


def put(asked, digest):
    """Everything that an answer depends on, spelled out."""
    prompt, asking = asked.prompt, asked.asking
    schema = prompt.json_schema if asking.structured else None
    return (
        (asked.model, asked.sample, prompt.system, prompt.task, schema, asking.temperature),
        digest,
    )


@given(questions, questions, texts, texts)
def test_two_questions_that_differ_in_anything_share_no_answer(first, second, page, other):
    assume(put(first, page) != put(second, other))
    assert first.key(page) != second.key(other)


@given(identities, identities, st.sampled_from(["model_id", "endpoint", "account", "region", "version"]))
def test_identities_that_differ_in_one_field_share_no_answer(one, other, name):
    assume(getattr(one, name) != getattr(other, name))
    changed = replace(one, **{name: getattr(other, name)})
    assert question(model=one).key("page") != question(model=changed).key("page")


def test_answers_that_were_kept_by_an_earlier_version_are_found():
    """A key of another making would have every model asked, and paid, again."""
    assert question().key("0" * 64) == "33b123e8b3a94731a97bff7712fa404377b00ed2e793474c523a2e396ae1f8f7"


def test_a_model_that_nobody_has_looked_up_shares_no_answer_with_another_run(tmp_path):
    journal = Journal(tmp_path / "answers.jsonl")
    before, now = (question(model=unidentified("m")) for _ in range(2))
    journal.keep(before, PAGES[0], SAID)
    assert journal.answer_to(before, PAGES[0]) == SAID
    assert journal.answer_to(now, PAGES[0]) is None


def test_an_answer_is_read_anew(tmp_path):
    """A version that reads answers better must not go on with what an earlier one has made of them."""
    journal = Journal(tmp_path / "answers.jsonl")
    journal.keep(question(), PAGES[0], replace(SAID, predicted=None))
    assert journal.answer_to(question(), PAGES[0]).predicted == "a"


def test_all_that_was_paid_for_counts_whichever_model_stood_behind_the_name(tmp_path):
    path = tmp_path / "answers.jsonl"
    journal = Journal(path)
    for asked in (question(), question(sample=2), question(model=replace(KNOWN, version="later"))):
        journal.keep(asked, PAGES[0], SAID)
    journal.keep(question(), PAGES[1], replace(SAID, page="1.png", answer=None, error="no"))
    journal.keep(question(model=replace(KNOWN, model_id="another")), PAGES[0], SAID)
    assert journal.answers_of("m") == [SAID, SAID, SAID]
    journal.withdraw(KNOWN, "it was replaced")
    assert journal.answers_of("m") == Journal(path).answers_of("m") == [SAID, SAID, SAID]


def test_what_is_withdrawn_is_no_answer_any_more(tmp_path):
    path = tmp_path / "answers.jsonl"
    Journal(path).keep(question(), PAGES[0], SAID)
    journal, other = Journal(path), question(model=replace(KNOWN, version="later"))
    for asked in (question(), other):
        journal.keep(asked, PAGES[1], replace(SAID, page="1.png"))
    journal.withdraw(KNOWN, "it was replaced")
    for known in (journal, Journal(path)):
        assert known.answer_to(question(), PAGES[1]) is None
        assert known.answer_to(other, PAGES[1])
        # What another run has kept and seen confirmed stays.
        assert known.answer_to(question(), PAGES[0])


def test_pages_of_one_name_in_two_parts_are_asked_about_each(tmp_path):
    journal, model = Journal(tmp_path / "answers.jsonl"), Model()
    for png in (b"of the test", b"of the validation"):
        page = Page(name="budget/002.pdf", label="a", png=png)
        predict_once(model, [page], question(), journal=journal)
    assert model.asked == 2


def test_a_journal_that_does_not_say_which_model_answered_is_refused(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text(
        json.dumps(
            {"model_id": "m", "question": "f00", "prediction": {"page": "a", "label": "a", "seconds": 1}}
        )
        + "\n"
    )
    with pytest.raises(InvalidInput, match=r"earlier version .* Choose another folder"):
        Journal(path)


def test_a_file_that_is_no_journal_is_named_and_left_as_it_is(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"what": 1}\n')
    with pytest.raises(InvalidInput, match=r"answers\.jsonl, line 1, is not a prediction"):
        Journal(path)
    assert path.read_text() == '{"what": 1}\n'


def test_two_pages_of_one_name_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="Two pages have one name"):
        predict_once(Model(), [PAGES[0], PAGES[0]], question(), journal=Journal(tmp_path / "a.jsonl"))
