"""The ARNs that stand in a policy's resources, as far as IAM looks at them when it takes the policy."""

from __future__ import annotations

from collections.abc import Sequence

_PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "*")
_PARTS = 6
_OF_IAM = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
#: What S3 has that lies in a region.
_OF_REGIONS = ("accesspoint/", "storage-lens/", "job/", "access-grants/")
_REGIONLESS = {
    "iam": "IAM resource {resource} cannot contain region information.",
    "s3": "Resource {resource} can not contain region information.",
}


def resource_problem(resources: Sequence[str]) -> str | None:
    """What IAM says against the first resource that cannot be, or None."""
    return next((problem for one in resources if (problem := _problem_of(one))), None)


def _problem_of(resource: str) -> str | None:
    if resource == "*":
        return None
    _, colon, rest = resource.partition(":")
    if not colon:
        return f'Resource {resource} must be in ARN format or "*".'
    partition, *parts = rest.split(":")
    if partition not in _PARTITIONS:
        return f'Partition "{partition}" is not valid for resource "{_completed(partition, parts)}".'
    if not parts:
        return "Resource vendor must be fully qualified and cannot contain regexes."
    return _problem_of_service(resource, parts)


def _problem_of_service(resource: str, parts: Sequence[str]) -> str | None:
    """What is wrong with the part of an ARN that its service gives a meaning to."""
    service, region = parts[0], parts[1] if len(parts) > 1 else None
    name = ":".join(parts[3:])
    if service in _REGIONLESS and region != "" and not name.startswith(_OF_REGIONS):
        return _REGIONLESS[service].format(resource=resource)
    # With a wildcard at its beginning it may come to be any of them.
    if service == "iam" and not name.startswith((*_OF_IAM, "*", "?", "root")):
        return f'IAM resource path must either be "*" or start with {", ".join(_OF_IAM)}.'
    return None


def _completed(partition: str, parts: Sequence[str]) -> str:
    """The ARN that a resource was taken for, with a wildcard for each part that it lacks."""
    given = ["arn", partition, *parts]
    if parts == [""]:
        given[-1] = "*"
    return ":".join([*given, *["*"] * (_PARTS - len(given))])
