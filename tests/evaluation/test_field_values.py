"""Values that differ only in their spelling are the same; anything else is another value."""

from __future__ import annotations

import json

import pytest

from burnish.evaluation.field_values import comparable, comparable_answer, values_in

SCHEMA = {
    "type": "object",
    "properties": {
        "vendor": {"type": ["string", "null"]},
        "total": {"type": ["number", "null"]},
        "day": {"type": ["string", "null"], "format": "date"},
        "paid": {"type": "boolean"},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"what": {"type": "string"}, "price": {"type": "number"}},
            },
        },
    },
}


def value(name, given):
    return json.loads(comparable({name: given}, SCHEMA)).get(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ACME  Corp.\n", "acme corp."),
        ("Müller", "MU\u0308LLER"),
        ("A-4711", "a-4711"),
    ],
)
def test_texts_are_the_same_without_case_and_width_of_space(one, other):
    assert value("vendor", one) == value("vendor", other)


@pytest.mark.parametrize("other", ["A-4712", "A 4711", "4711", ""])
def test_a_text_that_is_right_in_part_is_another(other):
    assert value("vendor", "A-4711") != value("vendor", other)


@pytest.mark.parametrize(
    "spelling",
    [1234.5, "1234.5", "$1,234.50", "1.234,50 EUR", "1 234,50", "USD 1234.50", "1'234.50"],
)
def test_numbers_are_the_same_by_value(spelling):
    assert value("total", spelling) == "1234.5"


@pytest.mark.parametrize(
    ("given", "number"), [("1,234", "1234"), ("12,5", "12.5"), ("-3", "-3"), (100, "100")]
)
def test_commas_separate_thousands_where_three_digits_follow(given, number):
    assert value("total", given) == number


@pytest.mark.parametrize("given", ["3 of 4", "none", "1,2,3.4.5"])
def test_what_is_no_single_number_stays_a_text(given):
    assert value("total", given) == given


@pytest.mark.parametrize(
    "spelling", ["2021-03-14", "14.03.2021", "March 14, 2021", "14 March 2021", "03/14/2021", "14/03/2021"]
)
def test_dates_are_the_same_by_day(spelling):
    assert value("day", spelling) == "2021-03-14"


def test_a_date_that_may_be_two_days_stays_a_text():
    assert value("day", "03/04/2021") == "03/04/2021"
    assert value("day", "04/04/2021") == "2021-04-04"


def test_a_date_is_a_text_where_the_schema_does_not_say_otherwise():
    assert value("vendor", "March 14, 2021") == "march 14, 2021"


def test_null_and_absent_are_the_same():
    assert comparable({"vendor": None}, SCHEMA) == comparable({}, SCHEMA) == "{}"


def test_the_order_of_fields_means_nothing_and_that_of_lists_does():
    one, other = {"vendor": "a", "total": 1}, {"total": 1.0, "vendor": "A"}
    assert comparable(one, SCHEMA) == comparable(other, SCHEMA)
    first, second = {"what": "a", "price": 1}, {"what": "b", "price": 2}
    assert comparable({"lines": [first, second]}, SCHEMA) != comparable({"lines": [second, first]}, SCHEMA)


def test_fields_stand_in_the_order_of_the_schema():
    given = {"unknown": 1, "total": 1, "vendor": "a"}
    assert list(json.loads(comparable(given, SCHEMA))) == ["vendor", "total", "unknown"]


def test_values_are_listed_by_field():
    lines = [{"what": "Pen", "price": 1}, {"what": "Ink", "price": 1.0}]
    found = values_in(comparable({"paid": True, "lines": lines}, SCHEMA))
    assert found == {"paid": {"true": 1}, "lines.what": {'"pen"': 1, '"ink"': 1}, "lines.price": {'"1"': 2}}
    assert values_in(None) == {}


@pytest.mark.parametrize(
    "answer",
    ['{"total": 1}', '```json\n{"total": 1}\n```', 'Here it is: {"total": 1.00}.', ' {"total": "1"} '],
)
def test_an_object_is_found_in_an_answer(answer):
    assert comparable_answer(answer, SCHEMA) == '{"total": "1"}'


@pytest.mark.parametrize("answer", ["", "total: 1", '{"total": 1', "[1]", "{" * 100_000])
def test_an_answer_without_an_object_has_no_fields(answer):
    assert comparable_answer(answer, SCHEMA) is None
