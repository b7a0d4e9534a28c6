"""The tags that name a job's data set: what Bedrock takes as one, and found again from it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.aws.objects import S3Uri
from burnish.datasets.manifest import KEPT
from burnish.datasets.provenance import tag_for, tagged_place
from burnish.names import S3_URI

#: The pattern of a tag's value in botocore's model.
TAG_VALUE = re.compile(r"[a-zA-Z0-9\s._:/=+@-]{0,256}")
segments = st.text("abcXYZ019-_.!*'()", min_size=1, max_size=80)


@given(st.lists(segments, max_size=6))
def test_a_data_set_of_any_name_is_found_again_from_a_tag_that_bedrock_takes(names):
    folder = S3Uri("papers", "/".join(names))
    assert S3_URI.fullmatch(str(folder).rstrip("/"))
    place = folder.child(f"{KEPT}/0123456789abcdef.json")
    value = tag_for(place)
    assert TAG_VALUE.fullmatch(value)
    assert tagged_place(value, str(folder.child("train-0123456789abcdef.jsonl"))) == place


@pytest.mark.parametrize("name", ["papers/set", "papers (2)"])
def test_the_tag_is_the_place_itself_where_it_can_be(name):
    place = S3Uri("papers", f"{name}/{KEPT}/0123.json")
    assert tag_for(place) == ("0123.json" if "(" in name else str(place))
