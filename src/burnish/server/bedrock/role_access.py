"""What a job reaches through its role."""

from __future__ import annotations

from burnish.policies.evaluation import trusts_bedrock
from burnish.server.arns import region_in
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import invalid
from burnish.server.iam.entities import Role
from burnish.server.iam.key_ring import session_of
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.wire.call import Identity

UNTRUSTED = (
    "Could not assume provided IAM role. Please ensure the role exists "
    "and has a trust relationship with Bedrock"
)
#: The session in which a job acts.
SESSION = "BedrockJob"


def role_storage(control: Control, role_arn: str, job_arn: str) -> RoleStorage:
    """S3 as a job's role sees it. A fault when Bedrock may not assume the role for this job."""
    role = _assumed(control, role_arn, job_arn)
    return RoleStorage(control.objects_endpoint, control.credentials, control.iam.grants_of(role))


def role_identity(control: Control, role_arn: str, job_arn: str) -> Identity:
    """A job as the caller of its requests, with what its role may do now. A fault as of `role_storage`."""
    role = _assumed(control, role_arn, job_arn)
    session = session_of(control.iam, control.credentials.account_id, role, name=SESSION)
    return Identity(
        account_id=session.account_id,
        access_key="",
        region=region_in(job_arn),
        acting=session,
        context=session.context,
    )


def _assumed(control: Control, role_arn: str, job_arn: str) -> Role:
    role = control.iam.role_by_arn(role_arn)
    account = control.credentials.account_id
    if role is None or not trusts_bedrock(role.trust_policy, account_id=account, source_arn=job_arn):
        raise invalid(UNTRUSTED)
    return role
