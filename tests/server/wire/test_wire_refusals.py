"""What the wire says no to before any handler hears of it, to clients that are not botocore."""

import gzip
import hashlib
import socket
from urllib.parse import urlsplit

import httpcore2
import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Key
from botocore.exceptions import ClientError

from burnish.server.door.bodies import MAX_BODY


@pytest.fixture
def send(served):
    """Send a request, signed with the server's key unless told otherwise."""

    def send(method, path, body=b"", *, service="bedrock", sign=True, key=None, headers=()):
        request = AWSRequest(method, served.url + path, dict(headers), body)
        request.headers["Host"] = urlsplit(served.url).netloc
        if sign:
            ours = served.credentials
            key = key or Key(ours.access_key, ours.secret_key)
            SigV4Auth(key, service, "us-east-1").add_auth(request)
        return httpcore2.request(method, served.url + path, headers=dict(request.headers), content=body)

    return send


def repr_of_the_beginning(body):
    return repr(body[:24])


def code_of(answer):
    return dict(answer.headers)[b"x-amzn-ErrorType".lower()].decode()


def message_of(answer):
    return msgspec.json.decode(answer.content)["message"]


@pytest.mark.attack("Bedrock API", "a request without a signature", "403 MissingAuthenticationTokenException")
def test_what_is_not_signed_is_refused(send):
    answer = send("GET", "/model-customization-jobs", sign=False)
    assert (answer.status, code_of(answer)) == (403, "MissingAuthenticationTokenException")
    assert dict(answer.headers)[b"x-amzn-requestid"]


@pytest.mark.attack(
    "Bedrock API", "a bearer token that is none of this server's", "403, and what to do instead"
)
def test_a_bearer_token_is_refused_with_what_to_do_instead(send):
    answer = send("GET", "/foundation-models", sign=False, headers={"Authorization": "Bearer abc"}.items())
    assert answer.status == 403
    assert "unset AWS_BEARER_TOKEN_BEDROCK" in message_of(answer)


@pytest.mark.attack(
    "Bedrock API", "an access key that the server does not know", "403 UnrecognizedClientException"
)
def test_a_key_of_somebody_else_is_refused(send):
    answer = send("GET", "/foundation-models", key=Key("AKIASOMEBODYELSE", "s"))
    assert (answer.status, code_of(answer)) == (403, "UnrecognizedClientException")


@pytest.mark.attack("Bedrock API", "a session token", "403 UnrecognizedClientException")
def test_a_session_token_is_refused_with_what_to_do_instead(send, served):
    key = Key(served.credentials.access_key, served.credentials.secret_key, "left over")
    answer = send("GET", "/foundation-models", key=key)
    assert (answer.status, code_of(answer)) == (403, "UnrecognizedClientException")
    assert "unset AWS_SESSION_TOKEN" in message_of(answer)


@pytest.mark.attack("Bedrock API", "the access key with a wrong secret", "403 InvalidSignatureException")
def test_a_wrong_secret_is_refused(send, served):
    answer = send("GET", "/foundation-models", key=Key(served.credentials.access_key, "wrong"))
    assert (answer.status, code_of(answer)) == (403, "InvalidSignatureException")


@pytest.mark.attack("Bedrock API", "a signature made for another service", "403 InvalidSignatureException")
def test_a_signature_for_another_service_is_refused(send):
    answer = send("GET", "/foundation-models", service="dynamodb")
    assert (answer.status, code_of(answer)) == (403, "InvalidSignatureException")


@pytest.mark.attack(
    "Bedrock API",
    "a body announced for a signature that cannot hold (its hash named in the head, a wrong secret)",
    "403 before a byte of the body is read",
)
def test_a_body_whose_hash_is_signed_is_not_waited_for(served):
    place = urlsplit(served.url)
    request = AWSRequest("POST", served.url + "/model/m/invoke", {"Host": place.netloc}, b"")
    request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(b"never sent").hexdigest()
    SigV4Auth(Key(served.credentials.access_key, "wrong"), "bedrock", "us-east-1").add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        announced = f"POST /model/m/invoke HTTP/1.1\r\n{head}Content-Length: 10\r\n\r\n"
        connection.sendall(announced.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 403")


def test_a_path_of_no_operation_is_a_404(send):
    answer = send("GET", "/no/such/path")
    assert (answer.status, code_of(answer)) == (404, "UnknownOperationException")


@pytest.mark.attack(
    "Bedrock API",
    "bodies that are not UTF-8, compressed, nested 100,000 deep, or no JSON",
    "400 SerializationException",
)
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"[]",
        b'{"jobName": "\xff"}',
        b'{"jobName": "\xed\xa0\x80"}',
        b'{"jobName": "\\ud800"}',
        b'\xef\xbb\xbf{"jobName": "a"}',
        '{"jobName": "a"}'.encode("utf-16"),
        gzip.compress(b'{"jobName": "a"}', mtime=0),
        b'{"a": NaN}',
        b'{"a": 1e400}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=repr_of_the_beginning,
)
def test_what_is_not_a_json_object_is_refused(send, handling, body):
    handling("bedrock", "CreateModelCustomizationJob", {})
    answer = send("POST", "/model-customization-jobs", body)
    assert (answer.status, code_of(answer)) == (400, "SerializationException")


def test_what_botocore_would_not_send_is_told_in_the_words_of_aws(send, handling):
    handling("bedrock", "CreateModelCustomizationJob", {})
    body = {"jobName": 5, "hyperParameters": {"epochCount": 2}, "jobTags": [{"key": "k"}], "unknown": 1}
    answer = send("POST", "/model-customization-jobs", msgspec.json.encode(body))
    assert (answer.status, code_of(answer)) == (400, "ValidationException")
    message = message_of(answer)
    assert "Value '5' at 'jobName' failed to satisfy constraint: Member must be a string" in message
    assert "Value '2' at 'hyperParameters.epochCount'" in message
    assert (
        "Value null at 'jobTags.1.member.value' failed to satisfy constraint: Member must not be null"
        in message
    )
    assert "Value null at 'roleArn'" in message
    assert "unknown" not in message


def test_a_body_that_is_too_large_is_refused_with_the_limit(send):
    answer = send("POST", "/model/m/invoke", bytes(MAX_BODY + 1))
    assert (answer.status, code_of(answer)) == (413, "RequestEntityTooLargeException")
    assert f"{MAX_BODY:,}" in message_of(answer)


@pytest.mark.attack(
    "Bedrock API", "a body that was changed after it was signed", "403 InvalidSignatureException"
)
def test_an_altered_body_is_refused(send, served):
    headers = {"X-Amz-Content-SHA256": hashlib.sha256(b"other").hexdigest()}
    answer = send("POST", "/model/m/invoke", b"body", headers=headers.items())
    assert (answer.status, code_of(answer)) == (403, "InvalidSignatureException")


@pytest.mark.attack("Bedrock API", "a wrong secret at IAM and STS", "403 SignatureDoesNotMatch")
@pytest.mark.parametrize("service", ["iam", "sts"])
def test_iam_and_sts_refuse_in_their_own_words(served, service):
    client = served.client(service, secret_key="wrong")
    ask = client.list_roles if service == "iam" else client.get_caller_identity
    with pytest.raises(ClientError) as refused:
        ask()
    assert refused.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    assert refused.value.response["Error"]["Type"] == "Sender"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.attack("Bedrock API", "an unsigned call of IAM", "403 MissingAuthenticationToken")
def test_an_unsigned_form_is_refused_in_xml(send):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = send("POST", "/", b"Action=ListRoles&Version=2010-05-08", sign=False, headers=form.items())
    assert answer.status == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in answer.content


def test_an_action_that_does_not_exist_is_refused(send):
    answer = send("POST", "/", b"Action=Dance&Version=2010-05-08", service="iam")
    assert answer.status == 400
    assert b"<Code>InvalidAction</Code>" in answer.content


def test_an_action_that_nobody_handles_is_a_501_that_names_it(served):
    with pytest.raises(ClientError, match="CreateSAMLProvider") as raised:
        served.client("iam").create_saml_provider(Name="g", SAMLMetadataDocument="x" * 1000)

    assert raised.value.response["Error"]["Code"] == "UnsupportedOperation"


INDEXES = ["9" * 5000, "0" * 5000 + "1", "9" * 10, "-1", "1_0", "+1", "%D9%A1", "%C2%B2", "a", ""]


@pytest.mark.attack(
    "Bedrock API",
    "IAM: numbers of items in a list with thousands of digits, or that are none",
    "400 MalformedInput; no list of that length is made",
)
@pytest.mark.parametrize("index", INDEXES, ids=lambda index: index[:8])
def test_an_index_that_is_no_number_is_refused(send, index):
    item = f"Tags.member.{index}"
    form = f"Action=TagRole&Version=2010-05-08&RoleName=r&{item}.Key=k&{item}.Value=v"
    answer = send("POST", "/", form.encode(), service="iam")
    assert answer.status == 400
    assert b"<Code>MalformedInput</Code>" in answer.content


def test_a_list_may_have_gaps_and_comes_in_the_order_of_its_numbers(send, handling):
    calls = handling("iam", "UntagRole", {})
    keys = "TagKeys.member.999999999=c&TagKeys.member.10=b&TagKeys.member.9=a"
    assert send("POST", "/", f"Action=UntagRole&RoleName=r&{keys}".encode(), service="iam").status == 200
    assert calls[0].parameters["TagKeys"] == ["a", "b", "c"]


@pytest.mark.parametrize("form", [b"&" * 20_000, b"\xff", b"&a.%s=1" % (b"b." * 20_000)])
def test_a_form_with_too_many_fields_or_levels_is_an_error_of_the_client(send, form):
    answer = send("POST", "/", b"Action=GetRole&Version=2010-05-08&" + form, service="iam")
    assert answer.status == 400


@pytest.mark.parametrize("host", ["[", "]", "[::1", "a b", "\xff", "//", "@:#?"])
@pytest.mark.parametrize("path", ["/healthz", "/foundation-models"])
def test_a_host_that_is_none_is_no_error_of_the_server(served, host, path):
    headers = [("Host", host.encode("latin-1"))]
    assert httpcore2.request("GET", served.url + path, headers=headers).status < 500


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "1e400", "NaN", "%D9%A1", "1_0", "2147483648", "%00"])
def test_a_number_that_is_none_is_refused_by_name(send, handling, number):
    handling("bedrock", "ListModelCustomizationJobs", {})
    answer = send("GET", f"/model-customization-jobs?maxResults={number}")
    assert (answer.status, code_of(answer)) == (400, "ValidationException")
    assert "'maxResults'" in message_of(answer)


@pytest.mark.parametrize("number", ["2147483648", "9" * 30, "1e3", "-2147483649"])
def test_an_integer_has_32_bits(send, handling, number):
    handling("bedrock", "CreateProvisionedModelThroughput", {})
    answer = send("POST", "/provisioned-model-throughput", b'{"modelUnits": %s}' % number.encode())
    assert "'modelUnits' failed to satisfy constraint: Member must be" in message_of(answer)


def test_a_message_stays_short_however_much_is_wrong(send, handling):
    handling("bedrock", "CreateModelCustomizationJob", {})
    wrong = {"hyperParameters": {"x" * 3000 + str(turn): turn for turn in range(3000)}}
    answer = send("POST", "/model-customization-jobs", msgspec.json.encode(wrong))
    assert "validation errors detected" in message_of(answer)
    assert "more" in message_of(answer)
    assert len(answer.content) < 20_000
