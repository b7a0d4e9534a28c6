"""Policies are refused where IAM refuses them, in its own sentences, and taken everywhere else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invalid_policies import OF_IDENTITIES, OF_TRUST, VALID, VALID_TRUST, identity

from burnish.policies.documents import MalformedPolicy, parse_policy
from burnish.policies.evaluation import AccessRequest, Grants, verdict
from burnish.policies.grammar import PolicyKind, problem_in


def named(cases):
    return pytest.mark.parametrize(
        ("document", "sentence"), [(case[1], case[2]) for case in cases], ids=[case[0] for case in cases]
    )


@named(OF_IDENTITIES)
def test_a_policy_that_iam_refuses_is_refused_in_its_words(document, sentence):
    assert problem_in(document, PolicyKind.IDENTITY) == sentence


@named(OF_TRUST)
def test_a_trust_policy_that_iam_refuses_is_refused_in_its_words(document, sentence):
    assert problem_in(document, PolicyKind.TRUST) == sentence


@pytest.mark.parametrize("document", VALID)
def test_a_policy_that_iam_takes_is_taken(document):
    assert problem_in(document, PolicyKind.IDENTITY) is None


@pytest.mark.parametrize("document", VALID_TRUST)
def test_a_trust_policy_that_iam_takes_is_taken(document):
    assert problem_in(document, PolicyKind.TRUST) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["*", "s3:*", "Allow"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
elements = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "Condition")
statements = st.dictionaries(st.sampled_from(elements), json_values)
policies = st.fixed_dictionaries({"Version": json_values, "Statement": st.lists(statements) | json_values})


@given(json_values | policies, st.sampled_from(PolicyKind))
def test_no_document_makes_the_parser_or_the_engine_fail(document, kind):
    text = json.dumps(document)
    assert problem_in(text, kind) is None or problem_in(text, kind)
    verdict(Grants(identity=(text,)), AccessRequest(action="s3:GetObject", resource="arn:aws:s3:::b/k"))


@given(st.text(max_size=40))
def test_no_text_makes_the_parser_fail(text):
    try:
        parse_policy(text)
    except MalformedPolicy:
        assert problem_in(text, PolicyKind.IDENTITY)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_what_a_resource_says_without_wildcards_names_itself_alone(key):
    text = key.replace("*", "").replace("?", "").replace("${", "")
    document = identity(Resource=f"arn:aws:s3:::b/{text}")

    def is_allowed(resource):
        request = AccessRequest(action="s3:GetObject", resource=resource)
        return verdict(Grants(identity=(document,)), request).is_allowed

    assert is_allowed(f"arn:aws:s3:::b/{text}")
    assert not is_allowed(f"arn:aws:s3:::b/{text}x")
