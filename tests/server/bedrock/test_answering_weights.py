"""The header that tells which weights answer."""

import asyncio

import pytest

from burnish.engine.catalogue import DEFAULT_MODEL, Catalogue
from burnish.names import WEIGHTS_HEADER
from burnish.server.bedrock import foundation_models
from burnish.server.bedrock.answering import telling_weights
from burnish.server.bedrock.control import Control
from burnish.server.credentials import load_or_create_credentials
from burnish.server.iam.store import IamStore
from burnish.server.store import Store
from burnish.server.wire.call import Call, Identity

GET = Call(
    service="bedrock",
    operation="GetFoundationModel",
    parameters={"modelIdentifier": DEFAULT_MODEL.id},
    caller=Identity(account_id="123456789012", access_key="AKIA", region="us-east-1"),
)


@pytest.fixture
def weights(tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"first")
    return folder


@pytest.fixture
def control(tmp_path, weights):
    data = tmp_path / "data"
    state = Control(
        data=data,
        iam=IamStore(data),
        store=Store(data),
        catalogue=Catalogue(models=(DEFAULT_MODEL,)),
        weights={DEFAULT_MODEL.id: weights},
        credentials=load_or_create_credentials(data),
        objects_endpoint="",
    )
    yield state
    state.store.close()
    state.iam.close()


async def told(get, control):
    return (await get(control, GET)).headers[WEIGHTS_HEADER]


def test_requests_at_the_same_time_are_told_the_same_weights(control):
    get = telling_weights(foundation_models.get)

    async def together():
        return await asyncio.gather(*(told(get, control) for _ in range(5)))

    assert len(set(asyncio.run(together()))) == 1


def test_a_client_that_leaves_takes_the_fingerprint_from_nobody(control):
    get = telling_weights(foundation_models.get)

    async def one_leaves():
        leaving, staying = (asyncio.create_task(told(get, control)) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert asyncio.run(one_leaves())


def test_weights_that_are_written_over_are_told_of(control, weights):
    get = telling_weights(foundation_models.get, checked_every=0)

    async def before_and_after():
        before = await told(get, control)
        (weights / "model.safetensors").write_bytes(b"second")
        return before, await told(get, control)

    before, after = asyncio.run(before_and_after())
    assert before != after
