"""Policies that IAM refuses: what is wrong, the document, IAM's sentence, and where the rule is documented.

Pages are of IAM's user guide, https://docs.aws.amazon.com/IAM/latest/UserGuide/<page>.html. Where a page has
the rule but no sentence, the sentence is the one that AWS answers with.
"""

from __future__ import annotations

import json
from typing import Any

GRAMMAR = "reference_policies_grammar"
VERSION = "reference_policies_elements_version"
SID = "reference_policies_elements_sid"
EFFECT = "reference_policies_elements_effect"
ACTION = "reference_policies_elements_action"
RESOURCE = "reference_policies_elements_resource"
ARNS = "reference-arns"
CONDITION = "reference_policies_elements_condition_operators"
PRINCIPAL = "reference_policies_elements_principal"
TRUST = "id_roles_create_for-service"

SYNTAX = "Syntax errors in policy."
TOO_OLD = "Policy document must be version 2012-10-17 or greater."
NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
ONE_COLON = "Actions/Condition can contain only one colon."
NO_ACTIONS = "Policy statement must contain actions."
NO_RESOURCES = "Policy statement must contain resources."
LEGACY = "The policy failed legacy parsing"
SAME_SID = "Statement IDs (SID) in a single policy must be unique."
BAD_SID = (
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
    "[0-9A-Za-z]*"
)
IAM_PATH = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, '
    "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, "
    "report/, access-report/."
)

ABSENT = object()
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
ASSUMED = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "bedrock.amazonaws.com"}}


def changed(of: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (of | changes).items() if value is not ABSENT}


def document(*statements: Any, **elements: Any) -> str:
    return json.dumps(changed({"Version": "2012-10-17", "Statement": list(statements)}, **elements))


def identity(**changes: Any) -> str:
    return document(changed(READ, **changes))


def trust(**changes: Any) -> str:
    return document(changed(ASSUMED, **changes))


def conditioned(condition: Any) -> str:
    return identity(Condition=condition)


def not_principal(named: str) -> str:
    return f"Invalid principal in policy: {named}"


def not_of_partition(partition: str, arn: str) -> str:
    return f'Partition "{partition}" is not valid for resource "{arn}".'


OF_IDENTITIES = [
    ("no JSON", "s3:GetObject", SYNTAX, GRAMMAR),
    ("a number that JSON lacks", '{"Version": NaN}', SYNTAX, GRAMMAR),
    ("a list", "[]", SYNTAX, GRAMMAR),
    ("a name twice", '{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}', SYNTAX, GRAMMAR),
    ("an unknown element", document(READ, Comment="mine"), SYNTAX, GRAMMAR),
    ("an Id that is no text", document(READ, Id=["mine"]), SYNTAX, GRAMMAR),
    ("no statement", document(Statement=ABSENT), SYNTAX, GRAMMAR),
    ("an empty list of statements", document(), SYNTAX, GRAMMAR),
    ("a statement that is a text", document("Allow"), SYNTAX, GRAMMAR),
    ("no version", document(READ, Version=ABSENT), TOO_OLD, VERSION),
    ("the old version", document(READ, Version="2008-10-17"), TOO_OLD, VERSION),
    ("a version that never was", document(READ, Version="2013-10-17"), SYNTAX, VERSION),
    ("an unknown element of a statement", identity(Comment="mine"), SYNTAX, GRAMMAR),
    ("no effect", identity(Effect=ABSENT), SYNTAX, EFFECT),
    ("an effect that is neither", identity(Effect="Maybe"), SYNTAX, EFFECT),
    ("an effect in small letters", identity(Effect="allow"), LEGACY, EFFECT),
    ("an effect that is a list", identity(Effect=["Allow"]), SYNTAX, EFFECT),
    ("no action", identity(Action=ABSENT), NO_ACTIONS, ACTION),
    ("an empty list of actions", identity(Action=[]), NO_ACTIONS, ACTION),
    ("actions and their opposite", identity(NotAction="s3:PutObject"), SYNTAX, GRAMMAR),
    ("an action without a service", identity(Action="GetObject"), NO_VENDOR, ACTION),
    ("an empty action", identity(Action=""), NO_VENDOR, ACTION),
    ("an action with two colons", identity(Action="s3:Get:Object"), ONE_COLON, ACTION),
    ("a service with a space", identity(Action="s 3:GetObject"), "Vendor s 3 is not valid", ACTION),
    ("an action that is a mapping", identity(Action={"s3": "GetObject"}), SYNTAX, ACTION),
    ("actions in actions", identity(Action=[["s3:GetObject"]]), SYNTAX, ACTION),
    ("no resource", identity(Resource=ABSENT), NO_RESOURCES, RESOURCE),
    ("an empty list of resources", identity(Resource=[]), NO_RESOURCES, RESOURCE),
    ("resources and their opposite", identity(NotResource="*"), SYNTAX, GRAMMAR),
    ("an empty resource", identity(Resource=""), 'Resource  must be in ARN format or "*".', RESOURCE),
    ("a bucket's name", identity(Resource="bucket"), 'Resource bucket must be in ARN format or "*".', ARNS),
    ("a path", identity(Resource="s3://bucket"), not_of_partition("//bucket", "arn://bucket:*:*:*:*"), ARNS),
    (
        "a partition that is none",
        identity(Resource="arn:ibm:s3:::b"),
        not_of_partition("ibm", "arn:ibm:s3:::b"),
        ARNS,
    ),
    ("no arn before", identity(Resource="aws:s3:::b"), not_of_partition("s3", "arn:s3:::b:*"), ARNS),
    (
        "nothing but a partition",
        identity(Resource="arn:aws"),
        "Resource vendor must be fully qualified and cannot contain regexes.",
        ARNS,
    ),
    ("an ARN that is cut short", identity(Resource="arn:aws:s3::bucket"), LEGACY, ARNS),
    ("an ARN without a service", identity(Resource="arn:aws::::bucket"), LEGACY, ARNS),
    (
        "a bucket in a region",
        identity(Resource="arn:aws:s3:us-east-1::bucket"),
        "Resource arn:aws:s3:us-east-1::bucket can not contain region information.",
        ARNS,
    ),
    (
        "a role in a region",
        identity(Resource="arn:aws:iam:us-east-1:123456789012:role/r"),
        "IAM resource arn:aws:iam:us-east-1:123456789012:role/r cannot contain region information.",
        ARNS,
    ),
    ("a kind that IAM lacks", identity(Resource="arn:aws:iam::123456789012:bucket/b"), IAM_PATH, ARNS),
    ("a resource that is a mapping", identity(Resource={"a": "*"}), SYNTAX, RESOURCE),
    ("a principal", identity(Principal="*"), "Policy document should not specify a principal.", PRINCIPAL),
    ("a Sid with a hyphen", identity(Sid="read-it"), BAD_SID, SID),
    ("a Sid that is a list", identity(Sid=["read"]), SYNTAX, SID),
    ("one Sid twice", document(changed(READ, Sid="a"), changed(READ, Sid="a")), SAME_SID, SID),
    ("a condition that is a list", conditioned(["StringEquals"]), SYNTAX, CONDITION),
    ("an operator without a key", conditioned({"StringEquals": "a"}), SYNTAX, CONDITION),
    ("an operator that is none", conditioned({"StringIs": {"aws:username": "a"}}), SYNTAX, CONDITION),
    ("an operator in small letters", conditioned({"stringequals": {"aws:username": "a"}}), SYNTAX, CONDITION),
    (
        "two set operators",
        conditioned({"ForAnyValue:ForAllValues:StringLike": {"k": "a"}}),
        SYNTAX,
        CONDITION,
    ),
    ("a value that is a mapping", conditioned({"StringEquals": {"aws:username": {}}}), SYNTAX, CONDITION),
    ("a date that is none", conditioned({"DateLessThan": {"aws:CurrentTime": "soon"}}), LEGACY, CONDITION),
    ("the 13th month", conditioned({"DateLessThan": {"aws:CurrentTime": "2026-13-01"}}), LEGACY, CONDITION),
]
NO_JSON = "This policy contains invalid Json"
NO_VERSION = "The policy must contain a valid version string"
NO_STS = "AssumeRole policy may only specify STS AssumeRole actions."
NO_PRINCIPAL = "Missing required field Principal"
OF_TRUST = [
    ("no JSON", "{", NO_JSON, GRAMMAR),
    (
        "a name twice",
        trust().replace("{", '{"Version": "2012-10-17", ', 1),
        NO_JSON,
        GRAMMAR,
    ),
    (
        "a version that never was",
        document(ASSUMED, Version="2020-01-01"),
        "The policy must contain a valid version string",
        VERSION,
    ),
    ("an unknown element", document(ASSUMED, Comment="x"), "Has prohibited field Comment", GRAMMAR),
    ("no statement", document(), "Missing required field Statement", GRAMMAR),
    ("no effect", trust(Effect=ABSENT), "Missing required field Effect", EFFECT),
    ("no action", trust(Action=ABSENT), "Missing required field Action", ACTION),
    ("no principal", trust(Principal=ABSENT), NO_PRINCIPAL, PRINCIPAL),
    ("a resource", trust(Resource="*"), "Has prohibited field Resource", TRUST),
    (
        "another service's action",
        trust(Action="s3:GetObject"),
        "AssumeRole policy may only specify STS AssumeRole actions.",
        TRUST,
    ),
    ("an action with two colons", trust(Action="sts:Assume:Role"), ONE_COLON, ACTION),
    ("an action without a service", trust(Action="AssumeRole"), NO_VENDOR, ACTION),
    ("a user's name", trust(Principal={"AWS": "ada"}), not_principal('"AWS":"ada"'), PRINCIPAL),
    (
        "a service's short name",
        trust(Principal={"Service": "bedrock"}),
        not_principal('"SERVICE":"bedrock"'),
        PRINCIPAL,
    ),
    (
        "a kind of principal that is none",
        trust(Principal={"Person": "ada"}),
        not_principal('"PERSON"'),
        PRINCIPAL,
    ),
    ("a principal that is a text", trust(Principal="ada"), "Invalid principal in policy", PRINCIPAL),
    (
        "an operator that is none",
        trust(Condition={"Is": {"a": "b"}}),
        "Invalid Condition type : Is",
        CONDITION,
    ),
    ("one Sid twice", document(changed(ASSUMED, Sid="a"), changed(ASSUMED, Sid="a")), SAME_SID, SID),
]
VALID = [
    identity(),
    document(Statement=READ),
    identity(Effect="Deny", Action=ABSENT, NotAction=["s3:*", "iam:*"], Resource=ABSENT, NotResource="*"),
    identity(Action="*", Resource="*", Sid=""),
    identity(Resource=["arn:aws-cn:s3:::b", "arn:aws:iam::*:user/${aws:username}", "arn:aws:bedrock:*:*:*"]),
    identity(Resource="arn:aws:s3:us-west-2:123456789012:accesspoint/mine"),
    conditioned({}),
    conditioned({"Bool": {"aws:SecureTransport": False}, "NumericLessThan": {"s3:max-keys": 10}}),
    conditioned(
        {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*"]}, "Null": {"aws:TokenIssueTime": "true"}}
    ),
    conditioned({"DateGreaterThan": {"aws:CurrentTime": ["2026-11-28T04:00:00Z", "1795838400", "2026"]}}),
    conditioned({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
]
VALID_TRUST = [
    trust(),
    document(ASSUMED, Version="2008-10-17"),
    document(ASSUMED, Version=ABSENT),
    trust(Action=["sts:AssumeRole", "sts:TagSession"]),
    trust(Principal={"AWS": ["123456789012", "arn:aws:iam::123456789012:user/a/b", "*"]}),
    trust(Principal={"Federated": "cognito-identity.amazonaws.com"}, Action="sts:AssumeRoleWithWebIdentity"),
]
