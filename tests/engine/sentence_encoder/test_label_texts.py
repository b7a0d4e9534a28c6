"""What is known of labels before any page is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.engine.conversations import Conversation, Turn
from burnish.engine.sentence_encoder.label_texts import descriptions_of, label_text
from burnish.records import classification_prompt

DESCRIPTIONS = {"invoice": "A request for payment", "file_folder": "The cover of a folder | with a \\ tab"}


def asked(text: str) -> Conversation:
    return Conversation(system="", turns=(Turn(role="user", text=text),))


def test_descriptions_are_found_in_the_prompt_that_training_records_have():
    prompt = classification_prompt(DESCRIPTIONS, DESCRIPTIONS)
    assert descriptions_of([asked(prompt.task)]) == DESCRIPTIONS


@given(
    said=st.dictionaries(
        st.text(st.characters(categories=["L", "P", "S"]), min_size=1),
        st.text(st.characters(categories=["L", "P", "S"]), min_size=1),
        min_size=1,
        max_size=4,
    )
)
def test_any_label_and_description_is_found_as_it_was_written(said):
    found = descriptions_of([asked(classification_prompt(said, said).task)])
    assert found == said


@pytest.mark.parametrize("text", ["", "Which type?", "<document-types>\nno table\n</document-types>"])
def test_other_prompts_have_none(text):
    assert descriptions_of([asked(text)]) == {}


def test_a_label_is_its_name_and_what_is_said_of_it():
    assert label_text("file_folder", {}) == "file folder"
    assert label_text("file_folder", {"file_folder": "file folder"}) == "file folder"
    assert label_text("memo", {"memo": "A note"}) == "memo: A note"
