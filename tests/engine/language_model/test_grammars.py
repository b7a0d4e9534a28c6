"""Answers bound to a JSON schema are valid by it, whatever the schema and however little the model knows."""

from __future__ import annotations

import json
from contextlib import suppress

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_engine import asked, written_text
from transformers import AutoTokenizer

from burnish.engine.conversations import Example, TrainingData
from burnish.engine.inference_messages import ModelPlace, Sampling
from burnish.engine.kinds import kind_of, save_tuned
from burnish.engine.language_model.decision import Decision, save_decision
from burnish.engine.language_model.grammars import Grammars
from burnish.engine.model_runner import ModelRunner
from burnish.engine.object_forms import ObjectForm
from burnish.engine.tunable_model import Progress
from burnish.errors import InvalidInput

PAGE = asked("Invoice 4711 of 12 March, total 99.50")
INVOICE = {
    "type": "object",
    "properties": {
        "number": {"type": "string", "maxLength": 8},
        "currency": {"enum": ["EUR", "USD"]},
        "paid": {"type": "boolean"},
        "pages": {"type": "integer", "minimum": 1, "maximum": 99},
        "lines": {
            "type": "array",
            "maxItems": 2,
            "items": {"$ref": "#/$defs/line"},
        },
    },
    "required": ["number", "currency", "paid", "pages", "lines"],
    "additionalProperties": False,
    "$defs": {
        "line": {
            "type": "object",
            "properties": {"what": {"type": "string", "maxLength": 4}, "price": {"enum": [1.5, 2]}},
            "required": ["what", "price"],
            "additionalProperties": False,
        }
    },
}


@pytest.fixture
def base(tiny_weights) -> ModelPlace:
    return ModelPlace(weights=tiny_weights)


@pytest.fixture(scope="module")
def runner() -> ModelRunner:
    return ModelRunner()


def generated(runner, place, schema, **sampling):
    return written_text(
        runner, place, PAGE, Sampling(**{"max_tokens": 400, **sampling}), schema=json.dumps(schema)
    )


def objects(values):
    """Schemas of objects: fields in any number, each of them required or not."""

    def schema(fields, required):
        return {
            "type": "object",
            "properties": fields,
            "required": [name for name in fields if name in required],
            "additionalProperties": False,
        }

    names = st.text(min_size=1, max_size=6)
    return st.dictionaries(names, values, min_size=1, max_size=4).flatmap(
        lambda fields: st.builds(schema, st.just(fields), st.sets(st.sampled_from(sorted(fields))))
    )


SIMPLE = st.one_of(
    st.integers(0, 6).map(lambda most: {"type": "string", "maxLength": most}),
    st.tuples(st.integers(-500, 500), st.integers(0, 500)).map(
        lambda pair: {"type": "integer", "minimum": pair[0], "maximum": sum(pair)}
    ),
    st.lists(st.text(max_size=5) | st.integers(-(2**53), 2**53), min_size=1, max_size=4, unique=True).map(
        lambda values: {"enum": values}
    ),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": "string", "format": "date"}]),
    st.sampled_from(["^[A-Z]{2}[0-9]{1,4}$", "^(a|bc){1,3}$"]).map(
        lambda pattern: {"type": "string", "pattern": pattern}
    ),
)
LISTS = SIMPLE.map(lambda items: {"type": "array", "items": items, "minItems": 1, "maxItems": 2})
SCHEMAS = objects(SIMPLE | LISTS | objects(SIMPLE))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schema=SCHEMAS, temperature=st.sampled_from([0.0, 1.5]), top_p=st.sampled_from([0.05, 1.0]))
def test_an_answer_that_ended_by_itself_is_valid_by_its_schema(runner, base, schema, temperature, top_p):
    # All that these schemas allow is bounded, so that every answer comes to its end.
    answer = generated(runner, base, schema, temperature=temperature, top_p=top_p)
    assert answer.stop_reason == "end_turn"
    value = json.loads(answer.text)
    jsonschema.validate(value, schema)
    assert list(value) == [name for name in schema["properties"] if name in value]


def test_the_decimals_of_a_number_come_to_an_end(tiny_weights):
    tokenizer = AutoTokenizer.from_pretrained(tiny_weights)
    number = {"type": ["number", "null"]}
    schema = {"type": "object", "properties": {"total": number}, "required": ["total"]}

    def valid(text: str) -> str:
        matcher = Grammars(tokenizer).bound_to(json.dumps(schema), ObjectForm(), start=0)._matcher
        tokens = tokenizer(text, add_special_tokens=False).input_ids
        return str(tokenizer.decode(tokens[: matcher.validate_tokens(tokens)]))

    for value in ("31010.70", "-0.125", "12", "null"):
        assert valid(f'{{"total": {value}}}') == f'{{"total": {value}}}'
    assert 0 < len(valid('{"total": 14.' + "7" * 30).partition(".")[2]) <= 9


def test_an_answer_has_the_fields_of_its_schema_in_their_order(runner, base):
    value = json.loads(generated(runner, base, INVOICE).text)
    assert list(value) == list(INVOICE["properties"])
    jsonschema.validate(value, INVOICE)


def test_without_a_schema_the_model_says_what_it_likes(runner, base):
    text = written_text(runner, base, PAGE, Sampling(max_tokens=24)).text
    with pytest.raises(ValueError, match=r"Expecting|Extra"):
        json.loads(text)


def test_an_answer_that_is_cut_off_says_so(runner, base):
    answer = generated(runner, base, INVOICE, max_tokens=5)
    assert (answer.stop_reason, answer.output_tokens) == ("max_tokens", 5)
    assert answer.text.startswith('{"')


FIXED = {"type": "object", "properties": {"a": {"const": 1}, "b": {"const": 2}}, "required": ["a", "b"]}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (None, '{"a": 1, "b": 2}'),
        (ObjectForm(), '{"a": 1, "b": 2}'),
        (ObjectForm(item_separator=",", key_separator=":"), '{"a":1,"b":2}'),
    ],
)
def test_a_tuned_model_writes_objects_as_it_was_trained(tiny_weights, adapter_folder, form, text):
    folder = adapter_folder("tuned")
    save_decision(Decision(objects=form), folder)
    place = ModelPlace(weights=tiny_weights, tuned=folder)
    assert generated(ModelRunner(), place, FIXED | {"additionalProperties": False}).text == text


def test_the_form_of_the_training_answers_is_kept_with_the_model(tiny_weights, tmp_path):
    answers = [f'```json\n{{"a":{number},"b":"{number}"}}\n```' for number in range(4)]
    data = TrainingData(training=tuple(Example(conversation=PAGE, answer=answer) for answer in answers))
    model = kind_of(tiny_weights).load(tiny_weights)
    settings = model.settings({"epochCount": "1", "batchSize": "4", "lineDropout": "0"}, data)
    progress = Progress(on_step=lambda step: None, on_validation=lambda validation: None)
    folder = tmp_path / "tuned"
    folder.mkdir()
    save_tuned(model.train(data, settings, progress=progress), folder)
    place = ModelPlace(weights=tiny_weights, tuned=folder)
    assert generated(ModelRunner(), place, FIXED | {"additionalProperties": False}).text == '{"a":1,"b":2}'


def test_a_fence_that_was_learned_is_written_and_left_out_of_the_answer(tiny_weights, adapter_folder, base):
    folder = adapter_folder("tuned")
    save_decision(Decision(objects=ObjectForm(before="```json\n", after="\n```")), folder)
    schema = FIXED | {"additionalProperties": False}
    bare = generated(ModelRunner(), base, schema)
    fenced = generated(ModelRunner(), ModelPlace(weights=tiny_weights, tuned=folder), schema)
    assert fenced.text == bare.text
    assert fenced.output_tokens > bare.output_tokens


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"not": {"type": "string"}}, '"not"'),
        ({"type": "array", "uniqueItems": True}, '"uniqueItems"'),
        ({"if": {"type": "string"}, "then": {"const": 1}}, '"if"'),
        ({"type": "string", "format": "wibble"}, "format: wibble"),
        ({"type": "wibble"}, "type: wibble"),
        ({"type": "string", "pattern": "^(?=a)b"}, "pattern: .*look-around"),
        ({"type": "string", "pattern": "(a)\\1"}, "pattern: .*backreferences"),
        ({"$ref": "http://example.com/schema"}, "http://example.com/schema"),
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, "oneOf"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "unsatisfiable"),
        ({"not": {"type": "string"}, "x-guidance": {"lenient": True}}, '"not"'),
    ],
    ids=str,
)
def test_a_keyword_that_cannot_be_followed_is_named(runner, base, value, told):
    schema = {"type": "object", "properties": {"x": value}, "required": ["x"]}
    with pytest.raises(InvalidInput, match=told) as raised:
        generated(runner, base, schema)
    assert "\n" not in str(raised.value)


def test_a_schema_cannot_have_its_own_keywords_ignored(runner, base):
    schema = {"type": "object", "properties": {"x": {"not": {}}}, "x-guidance": {"lenient": True}}
    with pytest.raises(InvalidInput, match='"not"'):
        generated(runner, base, schema)


LETTERS = "[a-z ]*"
HOSTILE = {
    "repetitions of repetitions": "^((([a-z]{1,1000}){1,1000}){1,1000}){1,1000}$",
    "where an a stood long ago": f"^({LETTERS}a[a-z ]{{50}}|{LETTERS}b[a-z ]{{60}}|{LETTERS}e[a-z ]{{70}})$",
    "letters of all scripts": r"^(\w+\s?){1,200}\p{L}{100}$",
}


@pytest.mark.parametrize("pattern", HOSTILE.values(), ids=HOSTILE)
def test_a_pattern_of_exponential_size_is_answered_or_refused(runner, base, pattern):
    schema = {
        "type": "object",
        "properties": {"x": {"type": "string", "pattern": pattern}},
        "required": ["x"],
    }
    with suppress(InvalidInput):
        assert generated(runner, base, schema, max_tokens=60).output_tokens <= 60
    # And it answers others afterwards.
    assert generated(runner, base, FIXED).stop_reason in ("end_turn", "max_tokens")


def test_a_definition_that_refers_to_itself_only_is_refused(runner, base):
    definitions = {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}
    schema = {
        "type": "object",
        "properties": {"x": {"$ref": "#/$defs/a"}},
        "required": ["x"],
        "$defs": definitions,
    }
    with pytest.raises(InvalidInput, match="JSON schema"):
        generated(runner, base, schema)


def test_an_untuned_model_is_given_the_whole_page_for_a_schema(runner, base):
    page = asked("word " * 600)
    without = written_text(runner, base, page, Sampling(max_tokens=1))
    bound = written_text(runner, base, page, Sampling(max_tokens=1), schema=json.dumps(FIXED))
    assert bound.input_tokens > without.input_tokens + 300


def test_a_page_that_leaves_no_room_for_the_answer_is_cut(runner, base):
    schema = json.dumps(FIXED | {"additionalProperties": False})
    answer = written_text(runner, base, asked("word " * 3000), Sampling(max_tokens=100), schema=schema)
    assert json.loads(answer.text) == {"a": 1, "b": 2}
