"""Every pattern of the models we serve can be run on a value from a stranger."""

import re
import signal
from contextlib import contextmanager

import pytest

from burnish.server.wire.patterns import _LINEAR_PARTS, matcher, satisfies
from burnish.server.wire.schema import service_model

STARTS = [
    "",
    "a",
    "s3://abc/",
    "arn:aws-",
    "arn:aws:bedrock:us-east-1:",
    "arn:aws:bedrock:us-east-1::foundation-model/",
    "arn:aws:bedrock:us-east-1:123456789012:custom-model/a.",
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/",
    "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/",
]
UNITS = ["a", "-", "a-", "0", "a_", "a.", ".", ":", "/", "a/", " ", "a ", "a-.", "ā"]
END = "\x00"


def _patterns(*services):
    models = [service_model(service) for service in services]
    shapes = [model.shape_for(name) for model in models for name in model.shape_names]
    return sorted({shape.metadata["pattern"] for shape in shapes if "pattern" in shape.metadata})


PATTERNS = _patterns("bedrock", "bedrock-runtime", "iam", "sts")


class HangsError(Exception):
    """A match that would take for ever."""


@contextmanager
def interrupted(after=10.0):
    """Ends a match that hangs, so that the test can name its pattern; a linear one takes microseconds."""

    def interrupt(*_):
        raise HangsError

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def hostile(length):
    return [(start + unit * length)[:length] + END for start in STARTS for unit in UNITS]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_hostile_value_is_refused_at_once(pattern):
    form = matcher(pattern)
    if form is None:
        pytest.skip("the pattern is in Java's dialect and no operation that is served uses it")
    with interrupted():
        for value in [*hostile(63), *hostile(1000)]:
            form.fullmatch(value)


def test_the_pattern_of_botocore_itself_would_hang():
    with pytest.raises(HangsError), interrupted(after=0.5):
        re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*", "a" + "-" * 62 + END)


@pytest.mark.parametrize("pattern", _LINEAR_PARTS)
def test_a_replacement_accepts_what_the_original_accepts(pattern):
    alphabet = "a0-+._"
    values = {""}
    for _ in range(5):
        values |= {value + letter for value in values for letter in alphabet}
    disagreeing = [
        value for value in values if bool(re.fullmatch(pattern, value)) != satisfies(pattern, value)
    ]
    assert disagreeing == []


@pytest.mark.parametrize("pattern", _LINEAR_PARTS)
def test_a_replacement_stands_for_a_pattern_that_botocore_still_has(pattern):
    assert any(pattern in known for known in PATTERNS)


def test_a_pattern_is_for_the_whole_value():
    assert satisfies("[a-z]+", "abc")
    assert not satisfies("[a-z]+", "abc1")
    assert not satisfies("[a-z]+", "abc\n")


def test_digits_and_letters_are_those_of_ascii():
    assert not satisfies(r"[\w]+", "ü")
    assert not satisfies(r"\d{1}", "٣")


def test_a_tag_may_be_written_in_any_script():
    key = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+"
    assert satisfies(key, "Ünï 日本: a/b=c+d@e")
    assert not satisfies(key, "a\nb")
    assert not satisfies(key, "a;b")
