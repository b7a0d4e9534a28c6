"""One contract for whoever answers for pages, over every implementation."""

import json
from dataclasses import replace

import pytest
from questions import KNOWN

from burnish.errors import Conflict, InvalidConfig, NotFound
from burnish.evaluation.identity import unidentified
from burnish.evaluation.journal import Journal
from burnish.evaluation.predicting import Asking, Page
from burnish.evaluation.predictors import ConversePredictor, ModelChanged, require_ready
from burnish.evaluation.recorded import RecordedPredictor
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
    return ConversePredictor(name="m", model_id="m", runtime=Model(), prompt=PROMPT, journal=journal)


def recorded(tmp_path):
    path = tmp_path / "recorded.jsonl"
    lines = [json.dumps({"page": name, "answer": answer}) for name, answer in ANSWERS.items()]
    path.write_text("\n".join(lines) + "\n\n")
    return RecordedPredictor(name="m", path=path, labels=PROMPT.labels, on_notice=lambda remark: None)


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


class Choosy(Model):
    """A model that takes no schema, or answers at random where it is asked for samples; it counts calls."""

    def __init__(self, *, schema=True, refusal=("ValidationException", "no"), probabilities=None):
        self.calls, self.schema, self.probabilities = [], schema, probabilities
        self.refusal = refusal

    def converse(self, **request):
        from botocore.exceptions import ClientError

        self.calls.append(request)
        if "outputConfig" in request and not self.schema:
            code, message = self.refusal
            raise ClientError({"Error": {"Code": code, "Message": message}}, "Converse")
        answer = "ab"[len(self.calls) % 3 == 0] if request["inferenceConfig"]["temperature"] else "a"
        fields = {"additionalModelResponseFields": {"labelProbabilities": self.probabilities or {}}}
        message = {"content": [{"text": answer}]}
        usage = {"inputTokens": 10, "outputTokens": 1}
        return {"output": {"message": message}, "usage": usage, **(fields if self.probabilities else {})}


def choosy(tmp_path, model, **options):
    notices = []
    predictor = ConversePredictor(
        name="m",
        model_id="m",
        runtime=model,
        prompt=PROMPT,
        journal=Journal(tmp_path / "answers.jsonl"),
        asking=Asking(concurrency=1),
        on_notice=notices.append,
        **{"identify": lambda _: KNOWN, **options},
    )
    return predictor, notices


def test_a_model_that_takes_no_schema_is_asked_in_words_and_says_so(tmp_path):
    model = Choosy(schema=False)
    predictor, notices = choosy(tmp_path, model)
    assert all(one.answer == "a" for one in predictor.predict(PAGES))
    assert ["outputConfig" in request for request in model.calls] == [True] + [False] * len(PAGES)
    assert "does not support a schema" in notices[0]


def test_a_model_that_refuses_words_as_well_is_not_said_to_take_no_schema(tmp_path):
    class Refusing(Choosy):
        def converse(self, **request):
            return super().converse(**{**request, "outputConfig": {}})

    predictor, notices = choosy(tmp_path, Refusing(schema=False))
    assert {one.error_code for one in predictor.predict(PAGES)} == {"ValidationException"}
    assert notices == []


def test_models_that_are_not_there_or_not_ready_are_named_together(tmp_path):
    def lacking(error):
        def identify(_):
            raise error

        return choosy(tmp_path, Choosy(), identify=identify)[0]

    missing = replace(lacking(NotFound("There is no model 'x'")), name="missing")
    early = replace(lacking(Conflict("It is being created")), name="early")
    denied = replace(choosy(tmp_path, Choosy(), identify=unidentified)[0], name="denied")
    with pytest.raises(InvalidConfig, match=r"missing: There is no model 'x'\n.*early: It is being created$"):
        require_ready([missing, denied, early])
    require_ready([denied])


@pytest.mark.parametrize(
    ("code", "message", "structured"),
    [
        ("ValidationException", "", False),
        ("ValidationException", "(ThrottlingException) outputConfig: zu früh", False),
        ("AccessDeniedException", "the caller may not (ValidationException)", True),
        ("ModelErrorException", "ValidationException", True),
    ],
)
def test_how_a_model_is_asked_follows_from_the_code_of_its_refusal_and_never_from_its_words(
    tmp_path, code, message, structured
):
    model = Choosy(schema=False, refusal=(code, message))
    predictor, notices = choosy(tmp_path, model)
    found = predictor.predict(PAGES)
    assert {"outputConfig" in request for request in model.calls[1:]} == {structured}
    assert len(notices) == (not structured)
    assert {one.error_code for one in found} == ({code} if structured else {None})


def test_the_page_that_shows_what_a_model_takes_is_asked_about_once(tmp_path):
    model = Choosy()
    predictor, notices = choosy(tmp_path, model)
    predictor.predict(PAGES)
    predictor.predict(PAGES)
    assert len(model.calls) == len(PAGES)
    assert notices == []


def test_what_is_still_to_be_asked_is_counted(tmp_path):
    for model in (Choosy(), Choosy(schema=False), Choosy(probabilities={"a": 0.8, "b": 0.2})):
        folder = tmp_path / str(id(model))
        predictor, _ = choosy(folder, model, samples=3)
        digests = {page.digest for page in PAGES}
        assert predictor.calls_needed(digests) == (21, 0)
        predictor.predict(PAGES)
        assert predictor.calls_needed(digests)[0] == 0
        changed, _ = choosy(folder, model, samples=3, identify=lambda _: replace(KNOWN, version="later"))
        assert changed.calls_needed(digests) == (21, 0)


def test_a_model_that_came_to_stand_behind_the_name_is_asked_anew(tmp_path):
    model = Choosy()
    for version in ("first", "second", "first"):
        predictor, _ = choosy(tmp_path, model, identify=lambda _, v=version: replace(KNOWN, version=v))
        predictor.predict(PAGES)
    assert len(model.calls) == 2 * len(PAGES)


def test_a_model_that_nobody_looks_up_is_asked_anew_by_each_predictor_and_that_is_said(tmp_path):
    model = Choosy()
    for _ in range(2):
        predictor, notices = choosy(tmp_path, model, identify=unidentified)
        predictor.predict(PAGES)
        predictor.predict(PAGES)
        assert [notice for notice in notices if "not known which model answers" in notice] == notices != []
    assert len(model.calls) == 2 * len(PAGES)


def being_replaced(_):
    raise Conflict("it is being replaced")


@pytest.mark.parametrize(
    "then", [lambda _: replace(KNOWN, model_arn="arn:of:another"), being_replaced], ids=["done", "under way"]
)
def test_a_model_that_is_replaced_while_it_is_asked_is_an_error_and_its_answers_are_none(tmp_path, then):
    model, looks = Choosy(), [then, lambda _: KNOWN]

    def identify(name):
        return looks.pop()(name)

    predictor, _ = choosy(tmp_path, model, identify=identify)
    with pytest.raises(ModelChanged, match=r"was replaced during the evaluation .* Evaluate again"):
        predictor.predict(PAGES)
    again, _ = choosy(tmp_path, model)
    again.predict(PAGES)
    assert len(model.calls) == 2 * len(PAGES)


def test_answers_are_kept_where_it_cannot_be_seen_at_the_end_who_gave_them(tmp_path):
    model, looks = Choosy(), iter([KNOWN, unidentified("m")])
    predictor, _ = choosy(tmp_path, model, identify=lambda _: next(looks))
    with pytest.raises(ModelChanged, match="cannot be determined whether m is still the same model"):
        predictor.predict(PAGES)
    again, _ = choosy(tmp_path, model)
    again.predict(PAGES)
    assert len(model.calls) == len(PAGES)


def test_several_samples_tell_how_sure_a_model_is(tmp_path):
    model = Choosy()
    predictor, _ = choosy(tmp_path, model, samples=3)
    found = predictor.predict(PAGES)
    assert len(model.calls) == 3 * len(PAGES)
    assert {one.predicted for one in found} == {"a"}
    assert {round(one.probability, 2) for one in found} <= {0.67, 1.0}
    assert {one.input_tokens for one in found} == {30}


def test_a_model_that_says_how_sure_it_is_is_sampled_once(tmp_path):
    model = Choosy(probabilities={"a": 0.8, "b": 0.2})
    predictor, notices = choosy(tmp_path, model, samples=3)
    assert {one.probability for one in predictor.predict(PAGES)} == {0.8}
    # The first was asked as a sample is, and the likeliest answer to it is another question.
    assert len(model.calls) == 1 + len(PAGES)
    assert {call["inferenceConfig"]["temperature"] for call in model.calls[1:]} == {0.0}
    assert "one sample is enough" in notices[0]
