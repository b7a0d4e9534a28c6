"""Invocation logging: where a region's invocations are logged, once Bedrock may write there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from burnish.errors import NotFound, ServiceUnavailable
from burnish.policies.evaluation import AccessDecision
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import invalid
from burnish.server.logging_configurations import PERMISSION_CHECK, LoggingConfiguration
from burnish.server.s3.bucket_policies import bedrock_may_write, let_bedrock_write
from burnish.server.s3.object_uris import object_uri_problem
from burnish.server.s3.role_storage import ALL_OF_S3, RoleStorage, bucket_and_key
from burnish.server.wire.access import Access, refusal_of
from burnish.server.wire.call import Call, Identity, ServiceFault

#: Who has both may have a bucket's policy changed for the logs.
_POLICY_ACTIONS = ("s3:GetBucketPolicy", "s3:PutBucketPolicy")


async def put(control: Control, call: Call) -> Mapping[str, Any]:
    """Have invocations logged to a bucket, to which Bedrock may write by the bucket's policy."""
    configuration = _configuration(call.parameters["loggingConfig"])
    folder = configuration.folder(account_id=control.credentials.account_id, region=call.caller.region)
    if problem := object_uri_problem(folder, is_prefix=True):
        raise invalid(f"The keyPrefix of s3Config cannot be: {folder} {problem}")
    storage = RoleStorage(control.objects_endpoint, control.credentials, ALL_OF_S3)
    await asyncio.to_thread(_check_delivery, storage, folder, call.caller)
    control.logging_configurations.put(call.caller.region, configuration)
    return {}


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """The configuration of the region; empty where there is none."""
    configuration = control.logging_configurations.get(call.caller.region)
    return {"loggingConfig": msgspec.to_builtins(configuration)} if configuration else {}


async def delete(control: Control, call: Call) -> Mapping[str, Any]:
    """End the logging of the region."""
    control.logging_configurations.delete(call.caller.region)
    return {}


def _configuration(given: Mapping[str, Any]) -> LoggingConfiguration:
    if given.get("cloudWatchConfig"):
        raise invalid("This server has no CloudWatch Logs: leave out cloudWatchConfig, and give s3Config")
    if not given.get("s3Config"):
        raise invalid("loggingConfig needs an s3Config: this server logs invocations to S3")
    known = {name: value for name, value in given.items() if value is not None}
    return msgspec.convert(known, LoggingConfiguration)


def _check_delivery(storage: RoleStorage, folder: str, caller: Identity) -> None:
    """See that Bedrock may write to the folder, as AWS does: by writing an empty object."""
    bucket, _ = bucket_and_key(folder)
    try:
        decision = bedrock_may_write(storage, folder, region=caller.region)
        if decision is AccessDecision.NOT_ALLOWED and _may_change_policy(caller, bucket):
            let_bedrock_write(storage, folder, region=caller.region)
        elif decision is not AccessDecision.ALLOWED:
            raise invalid(
                f"Failed to validate permissions for S3 bucket {bucket}: its bucket policy does not let "
                f"bedrock.amazonaws.com write to {folder}/*. Allow it s3:PutObject there"
            )
        storage.write(f"{folder}/{PERMISSION_CHECK}", b"")
    except NotFound as error:
        raise invalid(
            f"Failed to validate permissions for S3 bucket {bucket}: there is no such bucket"
        ) from error
    except ServiceUnavailable as error:
        raise ServiceFault("InternalServerException", f"Nothing was changed: {error}") from error


def _may_change_policy(caller: Identity, bucket: str) -> bool:
    resource = f"arn:aws:s3:::{bucket}"
    return not any(refusal_of(caller, Access(action=action, resource=resource)) for action in _POLICY_ACTIONS)
