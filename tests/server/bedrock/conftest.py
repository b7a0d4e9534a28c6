"""The state that operations work on, without a server around it."""

from __future__ import annotations

import pytest
from regions import Region

from burnish.engine.catalogue import DEFAULT_MODEL, Catalogue
from burnish.server.bedrock.control import Control
from burnish.server.credentials import ServerCredentials
from burnish.server.iam.store import IamStore
from burnish.server.store import Store


@pytest.fixture(scope="module")
def control(tmp_path_factory):
    data = tmp_path_factory.mktemp("state")
    store, iam = Store(data), IamStore(data)
    yield Control(
        data=data,
        store=store,
        iam=iam,
        catalogue=Catalogue(models=(DEFAULT_MODEL,)),
        weights={DEFAULT_MODEL.id: data / "weights"},
        credentials=ServerCredentials(account_id="123456789012", access_key="AKIA", secret_key="secret"),
        objects_endpoint="",
    )
    store.close()
    iam.close()


@pytest.fixture
def region(control):
    return Region(control=control)
