"""Users, sessions and bearer tokens: each may do what policies allow, and is told in AWS's words what not."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"


@pytest.fixture
def iam(served):
    return served.client("iam")


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", effect="Allow", **further):
    return {"Effect": effect, "Action": action, "Resource": resource, **further}


def keys_of(made):
    key = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
    return key | ({"aws_session_token": made["SessionToken"]} if "SessionToken" in made else {})


@pytest.fixture
def user(iam):
    """The name of a new user who may do nothing."""
    name = f"user-{uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    return name


@pytest.fixture
def signed(iam, user):
    """The user's access key, as boto3 takes it."""
    return keys_of(iam.create_access_key(UserName=user)["AccessKey"])


@pytest.fixture
def permit(iam, user):
    """A way to permit the user what statements say."""

    def put(*statements):
        iam.put_user_policy(UserName=user, PolicyName="permits", PolicyDocument=document(*statements))

    return put


def refused(code, message=""):
    return pytest.raises(ClientError, match=rf"\({code}\).*{message}")


def trust_in(principal):
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def arn_of(user):
    return f"arn:aws:iam::{ACCOUNT}:user/{user}"


def test_a_user_is_told_who_he_is_and_may_do_nothing_else(served, user, signed):
    assert served.client("sts", key=signed).get_caller_identity()["Arn"] == arn_of(user)
    sentence = (
        rf"User: {arn_of(user)} is not authorized to perform: iam:ListRoles on resource: \* because no "
        "identity-based policy allows the iam:ListRoles action"
    )
    with refused("AccessDenied", sentence):
        served.client("iam", key=signed).list_roles()


def test_a_user_does_what_policies_allow_and_no_more(served, iam, user, signed, permit):
    own = served.client("iam", key=signed)
    permit(allow("iam:Get*", "arn:aws:iam::*:user/${aws:username}"), allow("iam:List*"))
    assert own.get_user()["User"]["UserName"] == user
    own.list_roles()
    iam.create_user(UserName=f"{user}-other")
    with refused("AccessDenied", "iam:GetUser"):
        own.get_user(UserName=f"{user}-other")
    permit(allow("iam:*"), allow("iam:ListRoles", effect="Deny"))
    with refused("AccessDenied", "with an explicit deny in an identity-based policy"):
        own.list_roles()


def test_a_boundary_limits_what_policies_allow(served, iam, user, signed, permit):
    boundary = iam.create_policy(PolicyName=f"{user}-limit", PolicyDocument=document(allow("iam:ListUsers")))[
        "Policy"
    ]["Arn"]
    permit(allow("*"))
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=boundary)
    assert iam.get_user(UserName=user)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    own = served.client("iam", key=signed)
    own.list_users()
    with refused("AccessDenied", "because no permissions boundary allows the iam:ListRoles action"):
        own.list_roles()


def test_policies_of_aws_are_attached_like_others(served, iam, user, signed):
    arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
    iam.attach_user_policy(UserName=user, PolicyArn=arn)
    served.client("iam", key=signed).list_roles()
    assert iam.list_entities_for_policy(PolicyArn=arn)["PolicyUsers"][0]["UserName"] == user
    with refused("DeleteConflict"):
        iam.delete_user(UserName=user)
    iam.detach_user_policy(UserName=user, PolicyArn=arn)
    with refused("AccessDenied"):
        iam.delete_policy(PolicyArn=arn)


@pytest.mark.attack(
    "Bedrock API", "a key that was switched off, deleted, or has expired", "403: unknown, expired"
)
def test_a_key_that_was_revoked_opens_nothing(served, iam, user, signed):
    sts, key_id = served.client("sts", key=signed), signed["aws_access_key_id"]
    iam.update_access_key(UserName=user, AccessKeyId=key_id, Status="Inactive")
    with refused("InvalidClientTokenId"):
        sts.get_caller_identity()
    iam.update_access_key(UserName=user, AccessKeyId=key_id, Status="Active")
    sts.get_caller_identity()
    expired = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    served.iam.database.execute("update access_keys set expires_at = ? where id = ?", expired, key_id)
    with refused("ExpiredToken"):
        sts.get_caller_identity()
    iam.delete_access_key(UserName=user, AccessKeyId=key_id)
    with refused("InvalidClientTokenId"):
        sts.get_caller_identity()
    assert iam.list_access_keys(UserName=user)["AccessKeyMetadata"] == []
    iam.delete_user(UserName=user)


@pytest.fixture
def assumed(served, iam, user, signed, permit):
    """A way to assume a role that trusts the user and allows what statements say."""

    def assume(*statements, **options):
        name = f"role-{uuid4().hex[:8]}"
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_in({"AWS": arn_of(user)}))[
            "Role"
        ]
        iam.put_role_policy(RoleName=name, PolicyName="permits", PolicyDocument=document(*statements))
        sts = served.client("sts", key=signed)
        made = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="ci", **options)
        return name, keys_of(made["Credentials"])

    return assume


def test_a_session_acts_with_the_policies_of_its_role(served, iam, assumed):
    role, key = assumed(allow("iam:ListRoles"))
    who = served.client("sts", key=key).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/ci"
    session = served.client("iam", key=key)
    session.list_roles()
    with refused("AccessDenied", f"User: {who['Arn']} is not authorized to perform: iam:ListUsers"):
        session.list_users()
    iam.delete_role_policy(RoleName=role, PolicyName="permits")
    iam.delete_role(RoleName=role)
    with refused("InvalidClientTokenId"):
        session.list_roles()


def test_a_session_policy_limits_what_the_role_allows(served, assumed):
    _, key = assumed(allow("iam:List*"), Policy=document(allow("iam:ListUsers")))
    session = served.client("iam", key=key)
    session.list_users()
    with refused("AccessDenied", "because no session policy allows the iam:ListRoles action"):
        session.list_roles()


@pytest.mark.attack(
    "Bedrock API",
    "a session's key without its token, with another's, or after its end",
    "403: unknown or expired",
)
def test_a_session_needs_its_token_until_it_expires(served, assumed):
    _, key = assumed(allow("*"))
    _, other = assumed(allow("*"))
    for token in (None, other["aws_session_token"]):
        with refused("InvalidClientTokenId"):
            served.client("sts", key=key | {"aws_session_token": token}).get_caller_identity()
    served.iam.database.execute(
        "update sessions set expires_at = ? where id = ?",
        datetime.now(UTC).isoformat(),
        key["aws_access_key_id"],
    )
    with refused("ExpiredToken"):
        served.client("sts", key=key).get_caller_identity()


@pytest.mark.attack("Bedrock API", "a role assumed that does not trust the caller", "403 AccessDenied")
@pytest.mark.parametrize(
    "principal", [{"AWS": f"arn:aws:iam::{ACCOUNT}:user/other"}, {"Service": "bedrock.amazonaws.com"}]
)
def test_a_role_that_does_not_trust_a_user_is_not_assumed(served, iam, user, signed, permit, principal):
    permit(allow("sts:AssumeRole"))
    name = f"role-{uuid4().hex[:8]}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_in(principal))["Role"]["Arn"]
    with refused("AccessDenied", f"is not authorized to perform: sts:AssumeRole on resource: {role}"):
        served.client("sts", key=signed).assume_role(RoleArn=role, RoleSessionName="ci")


def test_a_role_that_trusts_the_account_leaves_it_to_policies_who_assumes_it(served, iam, signed, permit):
    name = f"role-{uuid4().hex[:8]}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_in({"AWS": ACCOUNT}))["Role"]["Arn"]
    sts = served.client("sts", key=signed)
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=role, RoleSessionName="ci")
    permit(allow("sts:AssumeRole", role))
    sts.assume_role(RoleArn=role, RoleSessionName="ci")
    with refused("ValidationError", "MaxSessionDuration"):
        sts.assume_role(RoleArn=role, RoleSessionName="ci", DurationSeconds=7200)
    with refused("AccessDenied", "Roles may not be assumed by root accounts"):
        served.client("sts").assume_role(RoleArn=role, RoleSessionName="ci")


def test_a_user_of_another_name_keeps_keys_policies_and_groups(served, iam, user, signed, permit, models):
    permit(allow("iam:GetUser", "arn:aws:iam::*:user/forms/${aws:username}"), USES_TOKENS)
    iam.tag_user(UserName=user, Tags=[{"Key": "team", "Value": "forms"}])
    iam.create_group(GroupName=f"{user}-group")
    iam.add_user_to_group(GroupName=f"{user}-group", UserName=user)
    made = iam.create_service_specific_credential(UserName=user, ServiceName="bedrock.amazonaws.com")
    before, name = iam.get_user(UserName=user)["User"], f"{user}-renamed"
    iam.update_user(UserName=user, NewUserName=name, NewPath="/forms/")
    found = served.client("iam", key=signed).get_user()["User"]
    renamed = {"UserName": name, "Path": "/forms/", "Arn": arn_of(f"forms/{name}")}
    assert found == {**before, **renamed}
    assert ask_with(served, made["ServiceSpecificCredential"]["ServiceCredentialSecret"]) == "200"
    assert [one["GroupName"] for one in iam.list_groups_for_user(UserName=name)["Groups"]] == [
        f"{user}-group"
    ]
    with refused("NoSuchEntity"):
        iam.get_user(UserName=user)
    iam.create_user(UserName=user)
    with refused("EntityAlreadyExists", f"User with name {user} already exists"):
        iam.update_user(UserName=name, NewUserName=user)
    assert iam.list_user_tags(UserName=user)["Tags"] == []


def test_a_role_still_trusts_a_user_of_another_name(served, iam, user, signed, permit):
    others = f"role-{uuid4().hex[:8]}"
    trust = trust_in({"AWS": [arn_of(user), f"arn:aws:iam::{ACCOUNT}:root"]})
    role = iam.create_role(RoleName=others, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.update_user(UserName=user, NewUserName=f"{user}-renamed")
    served.client("sts", key=signed).assume_role(RoleArn=role, RoleSessionName="ci")
    kept = iam.get_role(RoleName=others)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert kept == {"AWS": [arn_of(f"{user}-renamed"), f"arn:aws:iam::{ACCOUNT}:root"]}


def test_a_user_is_renamed_by_those_who_may_change_both_names(served, iam, user, signed, permit):
    permit(allow("iam:UpdateUser", arn_of(user)))
    own = served.client("iam", key=signed)
    with refused("AccessDenied", f"iam:UpdateUser on resource: {arn_of('admin/' + user)}"):
        own.update_user(UserName=user, NewPath="/admin/")
    permit(allow("iam:UpdateUser", [arn_of(user), arn_of(f"forms/{user}")]))
    own.update_user(UserName=user, NewPath="/forms/")


@pytest.fixture
def session(served, signed):
    """The key of a session with the user's own rights."""
    return keys_of(served.client("sts", key=signed).get_session_token(DurationSeconds=900)["Credentials"])


def test_a_session_token_gives_a_users_own_rights(served, user, session, permit):
    sts, objects = served.client("sts", key=session), served.client("s3", key=session)
    assert sts.get_caller_identity()["Arn"] == arn_of(user)
    with refused("AccessDenied"):
        objects.list_buckets()
    permit(allow("s3:ListAllMyBuckets"))
    objects.list_buckets()


def test_a_session_token_lasts_twelve_hours_and_the_roots_one(served, signed):
    def hours(client):
        ends = client.get_session_token(DurationSeconds=7200)["Credentials"]["Expiration"]
        usual = client.get_session_token()["Credentials"]["Expiration"]
        return [round((at - datetime.now(UTC)) / timedelta(hours=1)) for at in (ends, usual)]

    assert hours(served.client("sts", key=signed)) == [2, 12]
    assert hours(served.client("sts")) == [1, 1]


@pytest.mark.attack(
    "Bedrock API",
    "credentials of GetSessionToken used on IAM, for further credentials, or after their user is gone",
    "403: invalid or denied",
)
def test_a_session_token_opens_neither_iam_nor_further_sessions(
    served, iam, user, signed, session, permit, assumed
):
    _, of_role = assumed(allow("*"))
    permit(allow("*"))
    of_root = keys_of(served.client("sts").get_session_token()["Credentials"])
    for key in (session, of_root):
        with refused("InvalidClientTokenId", "cannot call IAM without MFA"):
            served.client("iam", key=key).list_roles()
    for key in (session, of_root, of_role):
        with refused("AccessDenied", "Cannot call GetSessionToken with session credentials"):
            served.client("sts", key=key).get_session_token()
    with refused("InvalidClientTokenId"):
        served.client("sts", key=session | {"aws_session_token": None}).get_caller_identity()
    iam.update_user(UserName=user, NewUserName=f"{user}-renamed")
    own = served.client("sts", key=session)
    assert own.get_caller_identity()["Arn"] == arn_of(f"{user}-renamed")
    iam.delete_access_key(UserName=f"{user}-renamed", AccessKeyId=signed["aws_access_key_id"])
    iam.delete_user_policy(UserName=f"{user}-renamed", PolicyName="permits")
    iam.delete_user(UserName=f"{user}-renamed")
    with refused("InvalidClientTokenId"):
        own.get_caller_identity()


def test_a_code_of_an_mfa_device_is_refused_by_name(served, signed):
    sts = served.client("sts", key=signed)
    code = {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/phone", "TokenCode": "123456"}
    with refused("AccessDenied", "knows no MFA devices. Leave SerialNumber out"):
        sts.get_session_token(**code)
    with refused("AccessDenied", "knows no MFA devices. Leave TokenCode out"):
        sts.get_session_token(TokenCode="123456")
    with refused("AccessDenied", "knows no MFA devices"):
        role = f"arn:aws:iam::{ACCOUNT}:role/any"
        sts.assume_role(RoleArn=role, RoleSessionName="ci", **code)


def test_objects_are_read_and_written_as_policies_allow(served, signed, permit):
    bucket, root = f"bucket-{uuid4().hex[:8]}", served.client("s3", s3={"addressing_style": "path"})
    root.create_bucket(Bucket=bucket)
    own = served.client("s3", key=signed, s3={"addressing_style": "path"}, signature_version="s3v4")
    permit(
        allow("s3:PutObject", f"arn:aws:s3:::{bucket}/mine/*"),
        allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition={"StringLike": {"s3:prefix": "mine/*"}}),
    )
    own.put_object(Bucket=bucket, Key="mine/a b.txt", Body=b"text")
    assert own.list_objects_v2(Bucket=bucket, Prefix="mine/")["KeyCount"] == 1
    sentence = rf"s3:PutObject on resource: arn:aws:s3:::{bucket}/other because no identity-based policy"
    with refused("AccessDenied", sentence):
        own.put_object(Bucket=bucket, Key="other", Body=b"text")
    for ask in (
        lambda: own.get_object(Bucket=bucket, Key="mine/a b.txt"),
        lambda: own.list_objects_v2(Bucket=bucket),
        own.list_buckets,
        lambda: own.copy_object(Bucket=bucket, Key="mine/b", CopySource=f"{bucket}/mine/a b.txt"),
        lambda: own.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "mine/a b.txt"}]}),
        lambda: own.put_bucket_acl(Bucket=bucket, ACL="public-read"),
    ):
        with refused("AccessDenied", "is not authorized to perform: s3:"):
            ask()
    permit(allow("s3:*", [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]))
    assert own.get_object(Bucket=bucket, Key="mine/a b.txt")["Body"].read() == b"text"
    link = own.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "mine/a b.txt"})
    assert read(link) == b"text"
    own.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "mine/a b.txt"}]})


def read(link):
    with urlopen(link) as answer:  # noqa: S310  # of the server of this test
        return answer.read()


def ask_with(served, token):
    """Ask for the models with a bearer token, and tell what the server says."""
    # Not by boto3, which sends tokens to https only; `test_clients_over_tls` has it do so.
    headers = {"Authorization": f"Bearer {token}"}
    asked = Request(f"{served.url}/custom-models", headers=headers)  # noqa: S310  # as below
    try:
        with urlopen(asked) as answer:  # noqa: S310  # of the server of this test
            return str(answer.status)
    except HTTPError as error:
        return f"{error.headers['x-amzn-errortype']}: {json.load(error)['message']}"


@pytest.fixture
def models(handling):
    """Have the server answer with no models, and tell who asked."""
    return handling("bedrock", "ListCustomModels", {"modelSummaries": []})


USES_TOKENS = allow(["bedrock:CallWithBearerToken", "bedrock:ListCustomModels"])


def test_a_long_lived_bedrock_key_stands_for_its_user(served, iam, user, permit, models):
    made = iam.create_service_specific_credential(UserName=user, ServiceName="bedrock.amazonaws.com")
    key = made["ServiceSpecificCredential"]
    token = key["ServiceCredentialSecret"]
    assert re.match("AccessDeniedException.*bedrock:CallWithBearerToken", ask_with(served, token))
    permit(USES_TOKENS)
    assert ask_with(served, token) == "200"
    assert models[-1].caller.principal.arn == arn_of(user)
    permit(allow("bedrock:CallWithBearerToken"))
    assert re.match("AccessDeniedException.*bedrock:ListCustomModels", ask_with(served, token))
    (listed,) = iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"]
    assert "ServiceCredentialSecret" not in listed
    kept = [tuple(row) for row in served.iam.database.rows("select * from bearer_keys")]
    assert key["ServiceCredentialSecret"] not in str(kept)


@pytest.mark.attack(
    "Bedrock API", "a bearer token that was changed, was revoked, or is of another account", "403"
)
def test_a_bearer_token_that_is_not_whole_opens_nothing(served, iam, user, permit, models):
    permit(USES_TOKENS)
    made = iam.create_service_specific_credential(UserName=user, ServiceName="bedrock.amazonaws.com")
    key = made["ServiceSpecificCredential"]
    token = key["ServiceCredentialSecret"]
    of_another_account = "ABSK" + base64.b64encode(b"BedrockAPIKey-1a2b-at-999999999999:secret").decode()
    for wrong in (token[:-4], token[:-8] + "AAAA" + token[-4:], of_another_account, "nothing", "ABSK!"):
        assert ask_with(served, wrong).startswith("UnrecognizedClientException")
    assert ask_with(served, token) == "200"
    iam.delete_service_specific_credential(
        UserName=user, ServiceSpecificCredentialId=key["ServiceSpecificCredentialId"]
    )
    assert ask_with(served, token).startswith("UnrecognizedClientException")


def short_lived(signed, *, expires=3600, service="bedrock", action="CallWithBearerToken"):
    """A token as aws-bedrock-token-generator makes it."""
    request = AWSRequest(
        method="POST",
        url="https://bedrock.amazonaws.com/",
        headers={"host": "bedrock.amazonaws.com"},
        params={"Action": action},
    )
    key = Credentials(*signed.values())
    SigV4QueryAuth(key, service, "eu-west-1", expires=expires).add_auth(request)
    link = request.url.removeprefix("https://") + "&Version=1"
    return "bedrock-api-key-" + base64.b64encode(link.encode()).decode()


def test_a_short_lived_token_is_made_of_any_key(served, signed, permit, models, assumed):
    permit(USES_TOKENS)
    assert ask_with(served, short_lived(signed)) == "200"
    assert models[-1].caller.region == "eu-west-1"
    _, session = assumed(USES_TOKENS)
    assert ask_with(served, short_lived(session)) == "200"
    first = {"id": served.credentials.access_key, "secret": served.credentials.secret_key}
    assert ask_with(served, short_lived(first)) == "200"


@pytest.mark.attack(
    "Bedrock API",
    "a short-lived bearer token after its end, or of another service",
    "403: expired or invalid",
)
def test_a_short_lived_token_that_does_not_hold_opens_nothing(served, signed, permit, models):
    permit(USES_TOKENS)
    other = {**signed, "aws_secret_access_key": "another"}
    for token, code in (
        (short_lived(signed, expires=0), "ExpiredTokenException"),
        (short_lived(signed, expires=13 * 3600), "UnrecognizedClientException"),
        (short_lived(signed, service="s3"), "UnrecognizedClientException"),
        (short_lived(signed, action="GetCallerIdentity"), "UnrecognizedClientException"),
        (short_lived(other), "InvalidSignatureException"),
    ):
        assert ask_with(served, token).startswith(code)
    assert models == []


def test_the_simulator_knows_users_boundaries_and_the_root(served, iam, user, permit):
    permit(allow("bedrock:*"))

    def decisions(arn, **options):
        asked = ["bedrock:InvokeModel", "s3:GetObject"]
        found = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=asked, **options)
        return [result["EvalDecision"] for result in found["EvaluationResults"]]

    assert decisions(arn_of(user)) == ["allowed", "implicitDeny"]
    limited = document(allow("s3:*"))
    assert decisions(arn_of(user), PermissionsBoundaryPolicyInputList=[limited]) == ["implicitDeny"] * 2
    assert decisions(f"arn:aws:iam::{ACCOUNT}:root") == ["allowed", "allowed"]
    with refused("NoSuchEntity"):
        decisions(arn_of("nobody"))
    custom = iam.simulate_custom_policy(
        PolicyInputList=[document(allow("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}))],
        ActionNames=["s3:GetObject"],
    )["EvaluationResults"][0]
    assert custom["EvalDecision"] == "implicitDeny"
    assert custom["MissingContextValues"] == ["aws:SecureTransport"]
