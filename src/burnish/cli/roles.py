"""`burnish role`: the roles that let jobs read and write S3."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from burnish.aws import roles
from burnish.aws.clients import open_clients
from burnish.cli.options import AsJson, DryRun, open_service, option
from burnish.cli.output import print_message, print_result, show_json, show_many, show_one

app = App(name="role", help="Service roles for jobs: create, list, show, delete.", help_format="plaintext")

Role = Annotated[str, Parameter(help="The role's name or ARN.")]


@app.command
def create(
    *,
    bucket: Annotated[
        tuple[str, ...],
        option("A bucket that jobs may use, by name, or only s3://bucket/folder/; repeatable."),
    ],
    name: Annotated[
        str, Parameter(help="Prefix of the role's name; the region is appended.")
    ] = "BurnishModelCustomizationRole",
    kms_key: Annotated[
        tuple[str, ...],
        option("ARN of a key that encrypts models or data; repeatable."),
    ] = (),
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Create or update a role that can use these buckets and nothing else."""
    service = open_service()
    if dry_run:
        plan = service.plan_model_customization_role(name, buckets=bucket, kms_key_arns=kms_key)
        if as_json:
            show_json(plan)
        else:
            print_result(str(plan))
            print_message("Nothing was created.")
        return
    arn = service.create_or_update_model_customization_role(name, buckets=bucket, kms_key_arns=kms_key)
    show_json({"role_arn": arn}) if as_json else print_result(arn)


@app.command(name="list")
def list_roles(*, as_json: AsJson = False) -> None:
    """List the roles in this account that Bedrock may assume."""
    found = roles.list_roles(open_clients().iam)
    columns = {"name": "role_name", "created": "creation_time"}
    show_many(found, columns, as_json=as_json, none="No roles found.")


@app.command
def show(role: Role, /, *, as_json: AsJson = False) -> None:
    """Show a role and the names of its policies."""
    show_one(roles.get_role(open_clients().iam, role), as_json=as_json)


@app.command
def delete(role: Role, /) -> None:
    """Delete a role and its policies."""
    open_service().delete_role(role)
    print_result(f"Deleted the role {role}.")
