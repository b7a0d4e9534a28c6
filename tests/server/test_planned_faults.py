"""Faults on purpose reach those who sign rightly, in the share and the order that the file says."""

import asyncio
import logging
import time

import httpcore2
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from burnish.errors import InvalidConfig
from burnish.server.at_once import limited
from burnish.server.planned_faults import plan_in, with_faults
from burnish.server.wire.call import ServiceFault

DETAILS = {"modelDetails": {"modelArn": "a", "modelId": "m"}}


@pytest.fixture
def meeting(served, handling, tmp_path):
    """A client of a server whose GetFoundationModel and ListRoles meet the faults of a file."""
    handling("bedrock", "GetFoundationModel", DETAILS)

    def meet(text):
        served.handlers.update(with_faults(served.handlers, plan_in(written(tmp_path, text))))
        return served.client("bedrock")

    return meet


def written(folder, text):
    file = folder / "faults.toml"
    file.write_text(text)
    return file


def get(client):
    return client.get_foundation_model(modelIdentifier="amazon.nova-lite-v1:0")


def fault(kind, **further):
    lines = [f"{name} = {value}" for name, value in further.items()]
    return "\n".join(["[[fault]]", 'operation = "GetFoundationModel"', f'kind = "{kind}"', *lines])


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [("throttle", "ThrottlingException", 429), ("fail", "InternalServerException", 500)],
)
def test_a_fault_is_an_error_of_aws_and_says_that_it_was_planned(meeting, caplog, kind, code, status):
    with caplog.at_level(logging.INFO), pytest.raises(ClientError) as caught:
        get(meeting(fault(kind)))
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-burnish-fault"] == kind
    assert f"A planned fault for GetFoundationModel: {kind}" in caplog.text


def test_a_delay_comes_before_the_answer(meeting):
    client, began = meeting(fault("delay", seconds=0.2)), time.monotonic()
    headers = get(client)["ResponseMetadata"]["HTTPHeaders"]
    assert time.monotonic() - began >= 0.2  # never sooner: the machine's load only adds to it
    assert headers["x-burnish-fault"] == "delay"


def test_a_dropped_request_has_no_answer(meeting):
    with pytest.raises(ConnectionClosedError):
        get(meeting(fault("drop")))


def test_a_fault_of_iam_is_one_of_its_protocol(served, meeting):
    meeting('[[fault]]\noperation = "ListRoles"\nkind = "throttle"')
    with pytest.raises(ClientError) as caught:
        served.client("iam").list_roles()
    assert caught.value.response["Error"]["Code"] == "Throttling"


def test_the_same_seed_meets_the_same_requests(meeting, served, handling):
    def outcomes(seed):
        handling("bedrock", "GetFoundationModel", DETAILS)
        client = meeting(f"seed = {seed}\n" + fault("throttle", share=0.5))
        return [is_throttled(client) for _ in range(16)]

    first = outcomes(1)
    assert {True, False} == set(first)
    assert (outcomes(1), outcomes(2) == first) == (first, False)


def is_throttled(client):
    try:
        get(client)
    except ClientError:
        return True
    return False


def test_who_does_not_sign_rightly_learns_nothing_of_faults(served, meeting):
    meeting(fault("throttle"))
    with pytest.raises(ClientError, match="InvalidSignature") as caught:
        get(served.client("bedrock", secret_key="wrong"))
    assert "x-burnish-fault" not in caught.value.response["ResponseMetadata"]["HTTPHeaders"]


def test_whether_the_server_is_well_is_always_answered(served, meeting):
    meeting('[[fault]]\noperation = "*"\nkind = "fail"')
    assert httpcore2.request("GET", f"{served.url}/healthz").status == 200


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[fault]]\noperation = ?\n", r"line 2, column 13"),
        (fault("explode"), r"\$\.fault\[0\]\.kind"),
        (fault("throttle", share=1.5), r"\$\.fault\[0\]\.share"),
        (fault("throttle", often=1), r"`often`.*\$\.fault\[0\]"),
        (fault("delay"), r"a delay has `seconds`.*\$\.fault\[0\]"),
        (fault("drop", seconds=1), r"a delay has `seconds`.*\$\.fault\[0\]"),
        (
            '[[fault]]\noperation = "Convers"\nkind = "drop"',
            r"'Convers' - at `\$\.fault\[0\]\.operation`",
        ),
        ("", "fault"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_its_line_or_field(tmp_path, text, problem):
    with pytest.raises(InvalidConfig, match=problem):
        plan_in(written(tmp_path, text))


def test_a_key_has_so_many_requests_at_a_time_and_no_more():
    class Caller:
        access_key = "AKIA"

    class Asked:
        service, caller = "bedrock", Caller

    async def at_once():
        may_end = asyncio.Event()

        async def slow(_):
            await may_end.wait()
            return {}

        handler = limited({("bedrock", "Get"): slow}, 2)["bedrock", "Get"]
        running = [asyncio.create_task(handler(Asked)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(ServiceFault, match="ThrottlingException"):
            await handler(Asked)
        may_end.set()
        await asyncio.gather(*running)
        return await handler(Asked)

    assert asyncio.run(at_once()) == {}


def test_a_stream_counts_until_it_ends_or_is_closed():
    class Caller:
        access_key = "AKIA"

    class Asked:
        service, caller = "bedrock-runtime", Caller

    async def events():
        yield "messageStart", {}
        yield "messageStop", {}

    async def stream(_):
        return {"stream": events()}

    async def read():
        handler = limited({("bedrock-runtime", "Stream"): stream}, 1)["bedrock-runtime", "Stream"]
        left = (await handler(Asked))["stream"]
        await anext(left)
        with pytest.raises(ServiceFault, match="ThrottlingException"):
            await handler(Asked)
        await left.aclose()
        return [[name async for name, _ in (await handler(Asked))["stream"]] for _ in range(2)]

    assert asyncio.run(read()) == [["messageStart", "messageStop"]] * 2
