"""The state of a server whose batches are run against the real S3 server."""

from __future__ import annotations

import pytest
from batch_control import ALL, TRUST, done

from burnish.engine.catalogue import DEFAULT_MODEL, Catalogue
from burnish.policies.evaluation import Grants
from burnish.server.batch import answering, batch_run
from burnish.server.bedrock.control import Control
from burnish.server.data_folder import mark
from burnish.server.iam.store import IamStore
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.store import Store


@pytest.fixture(scope="module")
def control(object_store, tmp_path_factory):
    objects, credentials, _ = object_store
    data = tmp_path_factory.mktemp("batches")
    store, iam = Store(data), IamStore(data)
    made = Control(
        data=data,
        store=store,
        iam=iam,
        catalogue=Catalogue(models=(DEFAULT_MODEL,)),
        weights={DEFAULT_MODEL.id: data / "weights"},
        credentials=credentials,
        objects_endpoint=objects.endpoint,
    )
    mark(data)
    done(made, "CreateRole", RoleName="batch", AssumeRolePolicyDocument=TRUST)
    yield made
    store.close()
    iam.close()


@pytest.fixture
def quick(monkeypatch, control):
    """Short pauses, and a role that may do everything."""
    monkeypatch.setattr(batch_run, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(answering, "_PAUSE_SECONDS", 0.01)
    done(control, "PutRolePolicy", RoleName="batch", PolicyName="all", PolicyDocument=ALL)


@pytest.fixture
def storage(control):
    return RoleStorage(control.objects_endpoint, control.credentials, Grants(identity=(ALL,)))
