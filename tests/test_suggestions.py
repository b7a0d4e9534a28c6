import pytest

from burnish.suggestions import did_you_mean, nearest

MODELS = ["amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0:300k", "amazon.nova-micro-v1:0"]


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("amazon.nova-light-v1:0", ["amazon.nova-lite-v1:0"]),
        ("amazon.nova-lite-v1:0:30k", ["amazon.nova-lite-v1:0:300k"]),
        ("gpt", []),
        ("", []),
    ],
)
def test_the_nearest_word_is_the_one_that_was_probably_meant(word, near):
    assert nearest(word, MODELS) == near


def test_words_that_are_as_near_are_all_named():
    regions = ["eu-central-2", "eu-central-1", "us-east-1"]
    assert did_you_mean("eu-cental-9", regions) == " Did you mean 'eu-central-1' or 'eu-central-2'?"


def test_nothing_is_suggested_where_nothing_is_similar_or_known():
    assert did_you_mean("gpt", MODELS) == did_you_mean("gpt", []) == ""
