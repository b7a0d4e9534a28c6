"""IAM's lists: every page begins after the last one, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.server.iam.operations import iam_handlers
from burnish.server.iam.store import IamStore
from burnish.server.wire.call import Call, Identity, ServiceFault

TRUST = json.dumps(
    {
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "bedrock.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    }
)
STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
PERMISSIONS = json.dumps({"Version": "2012-10-17", "Statement": STATEMENT})
CALLER = Identity(account_id="123456789012", access_key="AKIA", region="us-east-1")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    kept = IamStore(tmp_path_factory.mktemp("iam"))
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def ask(store):
    handlers = iam_handlers(store)

    def ask(operation, **parameters):
        call = Call(service="iam", operation=operation, parameters=parameters, caller=CALLER)
        return asyncio.run(handlers["iam", operation](call))

    return ask


def new_role(ask, name, path="/"):
    ask("CreateRole", RoleName=name, Path=path, AssumeRolePolicyDocument=TRUST)


def pages(ask, operation, members, **filters):
    """The items on each page of a list."""
    more = {}
    while True:
        answer = ask(operation, **filters, **more)
        yield answer[members]
        assert answer["IsTruncated"] == (answer["Marker"] is not None)
        if not answer["IsTruncated"]:
            return
        more = {"Marker": answer["Marker"]}


names = st.text("abAB_-9", min_size=1, max_size=3)
changes = st.lists(st.tuples(names, st.booleans()), max_size=3)


@settings(deadline=None, max_examples=25)
@given(
    before=st.sets(names, max_size=8), size=st.integers(1, 4), later=st.lists(changes, min_size=8, max_size=8)
)
def test_a_role_that_is_there_throughout_is_on_exactly_one_page(store, ask, before, size, later):
    store.database.execute("delete from roles")
    present = {name.lower(): name for name in before}
    for name in present.values():
        new_role(ask, name)
    throughout, seen = set(present.values()), []
    turns = iter(later)
    for items in pages(ask, "ListRoles", "Roles", MaxItems=size):
        assert len(items) <= size
        seen += [item["RoleName"] for item in items]
        for name, is_new in next(turns, []):
            if is_new and name.lower() not in present:
                present[name.lower()] = name
                new_role(ask, name)
            elif not is_new and name.lower() in present:
                ask("DeleteRole", RoleName=present.pop(name.lower()))
        throughout &= set(present.values())
    assert seen == sorted(seen, key=str.lower)
    assert len(seen) == len(set(seen))
    assert throughout <= set(seen)


def arns_of_new_policies(ask, prefix, number):
    return [
        ask("CreatePolicy", PolicyName=f"{prefix}-{turn}", PolicyDocument=PERMISSIONS)["Policy"]["Arn"]
        for turn in range(number)
    ]


def test_every_list_comes_in_pages_of_one(ask):
    new_role(ask, "paged")
    for turn, arn in enumerate(arns_of_new_policies(ask, "Paged", 3)):
        ask("AttachRolePolicy", RoleName="paged", PolicyArn=arn)
        ask("PutRolePolicy", RoleName="paged", PolicyName=f"inline-{turn}", PolicyDocument=PERMISSIONS)
        ask("TagRole", RoleName="paged", Tags=[{"Key": f"key-{turn}", "Value": ""}])
        ask("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=PERMISSIONS)
    role, single = {"RoleName": "paged"}, {"MaxItems": 1}

    def listed(operation, members, member=None, **filters):
        items = [item for items in pages(ask, operation, members, **single, **filters) for item in items]
        return [item[member] if member else item for item in items]

    assert listed("ListRolePolicies", "PolicyNames", **role) == ["inline-0", "inline-1", "inline-2"]
    assert listed("ListRoleTags", "Tags", "Key", **role) == ["key-0", "key-1", "key-2"]
    attached = listed("ListAttachedRolePolicies", "AttachedPolicies", "PolicyName", **role)
    assert attached == ["Paged-0", "Paged-1", "Paged-2"]
    assert listed("ListPolicies", "Policies", "PolicyName", OnlyAttached=True) == attached
    assert listed("ListPolicyVersions", "Versions", "VersionId", PolicyArn=arn) == ["v2", "v1"]
    actions = ["s3:GetObject", "s3:PutObject"]
    source = {"PolicySourceArn": "arn:aws:iam::123456789012:role/paged", "ActionNames": actions}
    decisions = listed("SimulatePrincipalPolicy", "EvaluationResults", "EvalDecision", **source)
    assert decisions == ["allowed", "implicitDeny"]


def test_roles_are_listed_by_their_path(ask):
    for turn, path in enumerate(["/forms/", "/forms/old/", "/letters/"]):
        new_role(ask, f"of-a-path-{turn}", path)
    found = pages(ask, "ListRoles", "Roles", PathPrefix="/forms/", MaxItems=1)
    assert [item["Path"] for items in found for item in items] == ["/forms/", "/forms/old/"]


@pytest.mark.attack(
    "Bedrock API",
    "IAM: a Marker that was cut, changed, made up, or given for another list",
    "400 ValidationError; no page of another list is shown",
)
def test_a_marker_of_another_list_is_refused(ask):
    new_role(ask, "marked-1")
    new_role(ask, "marked-2")
    marker = ask("ListRoles", MaxItems=1)["Marker"]
    wrong = [marker[:-1], marker[1:], marker + "A", marker.swapcase(), "YWZ0ZXI6MQ==", "A", "ü", "9" * 320]
    asked = [("ListRoles", {"Marker": one}) for one in wrong]
    asked += [("ListPolicies", {"Marker": marker})]
    asked += [("ListRoles", {"Marker": marker, "PathPrefix": "/forms/"})]
    for operation, parameters in asked:
        with pytest.raises(ServiceFault) as raised:
            ask(operation, **parameters)
        assert raised.value.code == "ValidationError"


LISTS = [
    ("ListRoles", {}),
    ("ListRoles", {"PathPrefix": "/forms/"}),
    ("ListPolicies", {}),
    ("ListPolicies", {"PathPrefix": "/forms/", "OnlyAttached": True}),
    ("GetRole", {"RoleName": "planned"}),
    ("GetPolicy", {"PolicyArn": "arn:aws:iam::123456789012:policy/Planned-0"}),
    ("ListAttachedRolePolicies", {"RoleName": "planned"}),
    ("DeletePolicy", {"PolicyArn": "arn:aws:iam::123456789012:policy/Planned-0"}),
    ("DeleteRole", {"RoleName": "planned"}),
    ("ListGroups", {"PathPrefix": "/forms/"}),
    ("GetGroup", {"GroupName": "planned"}),
    ("ListGroupsForUser", {"UserName": "planned"}),
    ("DeleteGroup", {"GroupName": "planned"}),
]


@pytest.fixture(scope="module")
def planned(ask):
    new_role(ask, "planned")
    arns_of_new_policies(ask, "Planned", 1)
    ask("CreateUser", UserName="planned")
    ask("CreateGroup", GroupName="planned")


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize(("operation", "parameters"), LISTS)
def test_no_list_reads_or_sorts_a_whole_table(store, ask, operation, parameters):
    queries = []
    store.database._connection.set_trace_callback(queries.append)
    try:
        ask(operation, **parameters)
    finally:
        store.database._connection.set_trace_callback(None)
    plans = [
        row["detail"]
        for query in queries
        if query.startswith("select")
        for row in store.database.rows(f"explain query plan {query}")
    ]
    assert plans
    assert [step for step in plans if "SCAN" in step] == []
    sorted_of_one_role = operation in ("ListAttachedRolePolicies", "DeleteRole", "DeleteGroup")
    assert [step for step in plans if "TEMP B-TREE" in step and not sorted_of_one_role] == []
