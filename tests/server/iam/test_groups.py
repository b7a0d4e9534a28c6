"""Groups: what their policies allow or deny counts for each of their users, from the next request on."""

import json
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from burnish.server.iam.store import IamStore

ACCOUNT = "123456789012"


@pytest.fixture
def iam(served):
    return served.client("iam")


def document(action, effect="Allow", resource="*"):
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def new_name(kind):
    return f"{kind}-{uuid4().hex[:8]}"


@pytest.fixture
def group(iam):
    """The name of a new group that has neither users nor policies."""
    name = new_name("group")
    iam.create_group(GroupName=name)
    return name


@pytest.fixture
def user(iam):
    """The name of a new user who may do nothing."""
    name = new_name("user")
    iam.create_user(UserName=name)
    return name


@pytest.fixture
def own(served, iam, user):
    """A client of IAM with that user's key."""
    made = iam.create_access_key(UserName=user)["AccessKey"]
    key = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
    return served.client("iam", key=key)


def refused(code, message=""):
    return pytest.raises(ClientError, match=rf"\({code}\).*{message}")


def names_in(iam, group):
    return [one["UserName"] for one in iam.get_group(GroupName=group)["Users"]]


def test_a_group_lives_from_creation_to_deletion(iam):
    name = new_name("group")
    made = iam.create_group(GroupName=name, Path="/forms/")["Group"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/forms/{name}"
    assert made["GroupId"].startswith("AGPA")
    found = iam.get_group(GroupName=name)
    assert (found["Group"], found["Users"]) == (made, [])
    assert made in iam.list_groups(PathPrefix="/forms/")["Groups"]
    with refused("EntityAlreadyExists", f"Group with name {name.upper()} already exists"):
        iam.create_group(GroupName=name.upper())
    iam.delete_group(GroupName=name)
    with refused("NoSuchEntity", f"The group with name {name} cannot be found"):
        iam.get_group(GroupName=name)


def test_users_come_into_groups_and_go(iam, group, user):
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.add_user_to_group(GroupName=group, UserName=user)
    assert names_in(iam, group) == [user]
    assert [one["GroupName"] for one in iam.list_groups_for_user(UserName=user)["Groups"]] == [group]
    for unknown in ({"GroupName": "nosuch", "UserName": user}, {"GroupName": group, "UserName": "nosuch"}):
        with refused("NoSuchEntity", "nosuch"):
            iam.add_user_to_group(**unknown)
    iam.remove_user_from_group(GroupName=group, UserName=user)
    assert names_in(iam, group) == []
    assert iam.list_groups_for_user(UserName=user)["Groups"] == []


def test_a_user_may_do_what_a_group_allows_while_in_it(iam, group, user, own):
    iam.put_group_policy(GroupName=group, PolicyName="lists", PolicyDocument=document("iam:ListRoles"))
    with refused("AccessDenied"):
        own.list_roles()
    iam.add_user_to_group(GroupName=group, UserName=user)
    own.list_roles()
    iam.remove_user_from_group(GroupName=group, UserName=user)
    with refused("AccessDenied", "because no identity-based policy allows the iam:ListRoles action"):
        own.list_roles()


def test_what_a_group_denies_no_policy_of_its_users_allows(iam, group, user, own):
    iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=document("iam:*"))
    iam.add_user_to_group(GroupName=group, UserName=user)
    denied = document("iam:ListRoles", effect="Deny")
    arn = iam.create_policy(PolicyName=new_name("denied"), PolicyDocument=denied)["Policy"]["Arn"]
    own.list_roles()
    iam.attach_group_policy(GroupName=group, PolicyArn=arn)
    with refused("AccessDenied", "with an explicit deny in an identity-based policy"):
        own.list_roles()
    iam.detach_group_policy(GroupName=group, PolicyArn=arn)
    own.list_roles()


def test_a_boundary_limits_what_groups_allow(iam, group, user, own):
    limit = iam.create_policy(PolicyName=new_name("limit"), PolicyDocument=document("iam:ListUsers"))
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=limit["Policy"]["Arn"])
    iam.put_group_policy(GroupName=group, PolicyName="lists", PolicyDocument=document("iam:List*"))
    iam.add_user_to_group(GroupName=group, UserName=user)
    own.list_users()
    with refused("AccessDenied", "because no permissions boundary allows the iam:ListRoles action"):
        own.list_roles()


def test_inline_policies_of_a_group_are_put_read_listed_and_deleted(iam, group):
    given = document("s3:GetObject")
    iam.put_group_policy(GroupName=group, PolicyName="reads", PolicyDocument=given)
    found = iam.get_group_policy(GroupName=group, PolicyName="reads")
    assert (found["GroupName"], found["PolicyDocument"]) == (group, json.loads(given))
    assert iam.list_group_policies(GroupName=group)["PolicyNames"] == ["reads"]
    iam.delete_group_policy(GroupName=group, PolicyName="reads")
    with refused("NoSuchEntity", "The group policy with name reads cannot be found"):
        iam.get_group_policy(GroupName=group, PolicyName="reads")


def test_inline_policies_of_a_group_have_a_limit_together(iam, group):
    half = document("s3:GetObject", resource=[f"arn:aws:s3:::{'a' * 900}-{number}" for number in range(3)])
    iam.put_group_policy(GroupName=group, PolicyName="one", PolicyDocument=half)
    with refused("LimitExceeded", f"Maximum policy size of 5120 bytes exceeded for group {group}"):
        iam.put_group_policy(GroupName=group, PolicyName="two", PolicyDocument=half)


def test_a_policy_tells_which_groups_have_it(iam, group):
    arn = iam.create_policy(PolicyName=new_name("reads"), PolicyDocument=document("s3:*"))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName=group, PolicyArn=arn)
    attached = iam.list_attached_group_policies(GroupName=group)["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [arn]
    for filtered in ({}, {"EntityFilter": "Group"}):
        found = iam.list_entities_for_policy(PolicyArn=arn, **filtered)
        assert [one["GroupName"] for one in found["PolicyGroups"]] == [group]
    assert iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="User")["PolicyGroups"] == []
    with refused("DeleteConflict"):
        iam.delete_policy(PolicyArn=arn)


def test_neither_a_group_nor_its_users_are_deleted_before_they_part(iam, group, user):
    iam.put_group_policy(GroupName=group, PolicyName="reads", PolicyDocument=document("s3:*"))
    iam.add_user_to_group(GroupName=group, UserName=user)
    for delete in (lambda: iam.delete_group(GroupName=group), lambda: iam.delete_user(UserName=user)):
        with refused("DeleteConflict", "must remove users from group first"):
            delete()
    iam.remove_user_from_group(GroupName=group, UserName=user)
    iam.delete_user(UserName=user)
    with refused("DeleteConflict", "must delete policies first"):
        iam.delete_group(GroupName=group)
    iam.delete_group_policy(GroupName=group, PolicyName="reads")
    iam.delete_group(GroupName=group)


def test_a_user_is_in_ten_groups_at_most(iam, user):
    names = [new_name("many") for _ in range(11)]
    for name in names:
        iam.create_group(GroupName=name)
    for name in names[:10]:
        iam.add_user_to_group(GroupName=name, UserName=user)
    with refused("LimitExceeded", "GroupsPerUser: 10"):
        iam.add_user_to_group(GroupName=names[10], UserName=user)
    iam.add_user_to_group(GroupName=names[0], UserName=user)
    pages = iam.get_paginator("list_groups_for_user").paginate(
        UserName=user, PaginationConfig={"PageSize": 3}
    )
    assert [one["GroupName"] for page in pages for one in page["Groups"]] == sorted(names[:10])


def test_the_users_of_a_group_come_in_pages(iam, group):
    names = sorted(new_name("member") for _ in range(5))
    for name in names:
        iam.create_user(UserName=name)
        iam.add_user_to_group(GroupName=group, UserName=name)
    pages = list(iam.get_paginator("get_group").paginate(GroupName=group, PaginationConfig={"PageSize": 2}))
    assert [len(page["Users"]) for page in pages] == [2, 2, 1]
    assert [one["UserName"] for page in pages for one in page["Users"]] == names
    assert {page["Group"]["GroupName"] for page in pages} == {group}


def test_a_group_of_another_name_keeps_its_users_and_policies(iam, group, user, own):
    iam.put_group_policy(GroupName=group, PolicyName="lists", PolicyDocument=document("iam:ListRoles"))
    iam.add_user_to_group(GroupName=group, UserName=user)
    before, name = iam.get_group(GroupName=group)["Group"], new_name("renamed")
    iam.update_group(GroupName=group, NewGroupName=name, NewPath="/letters/")
    found = iam.get_group(GroupName=name)
    assert found["Group"]["GroupId"] == before["GroupId"]
    assert found["Group"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/letters/{name}"
    assert [one["UserName"] for one in found["Users"]] == [user]
    own.list_roles()
    with refused("NoSuchEntity"):
        iam.get_group(GroupName=group)
    iam.create_group(GroupName=group)
    with refused("EntityAlreadyExists"):
        iam.update_group(GroupName=name, NewGroupName=group)
    iam.update_group(GroupName=name, NewGroupName=name.upper())
    assert names_in(iam, name.upper()) == [user]


@pytest.mark.attack(
    "Bedrock API",
    "a user who may change groups of one path puts himself into another, or moves one of another there",
    "403 AccessDenied",
)
def test_rights_on_groups_of_one_path_reach_no_others(iam, group, user, own):
    mine = new_name("mine")
    iam.create_group(GroupName=mine, Path="/mine/")
    permits = document("iam:*", resource=f"arn:aws:iam::{ACCOUNT}:group/mine/*")
    iam.put_user_policy(UserName=user, PolicyName="mine", PolicyDocument=permits)
    own.add_user_to_group(GroupName=mine, UserName=user)
    with refused("AccessDenied", f"iam:AddUserToGroup on resource: arn:aws:iam::{ACCOUNT}:group/{group}"):
        own.add_user_to_group(GroupName=group, UserName=user)
    with refused("AccessDenied", f"iam:UpdateGroup on resource: arn:aws:iam::{ACCOUNT}:group/{group}"):
        own.update_group(GroupName=group, NewPath="/mine/")
    with refused("AccessDenied", f"iam:UpdateGroup on resource: arn:aws:iam::{ACCOUNT}:group/{mine}"):
        own.update_group(GroupName=mine, NewPath="/")
    own.update_group(GroupName=mine, NewPath="/mine/too/")


def test_the_simulator_counts_the_policies_of_groups(iam, group, user):
    iam.put_group_policy(GroupName=group, PolicyName="reads", PolicyDocument=document("s3:GetObject"))

    def decision(kind, name):
        arn = f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"
        found = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])
        return found["EvaluationResults"][0]["EvalDecision"]

    assert decision("user", user) == "implicitDeny"
    iam.add_user_to_group(GroupName=group, UserName=user)
    assert decision("user", user) == "allowed"
    assert decision("group", group) == "allowed"


def test_groups_are_there_after_a_restart(iam, group, user, object_store):
    iam.put_group_policy(GroupName=group, PolicyName="reads", PolicyDocument=document("s3:GetObject"))
    iam.add_user_to_group(GroupName=group, UserName=user)
    again = IamStore(object_store[2])
    assert [one.name for one in again.members_of(group)] == [user]
    assert again.grants_of(again.user(user)).identity == (document("s3:GetObject"),)
    again.close()
