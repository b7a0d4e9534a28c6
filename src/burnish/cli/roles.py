"""`burnish role`: the roles with which jobs read and write S3."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from burnish.cli.options import AsJson, DryRun

app = App(name="role", help="Roles that jobs run with: create, delete.", help_format="plaintext")


@app.command
def create(
    *,
    bucket: Annotated[
        tuple[str, ...],
        Parameter(
            help="A bucket that jobs use, by name, or s3://bucket/folder/ alone.",
            negative="",
            show_default=False,
        ),
    ],
    name: Annotated[
        str, Parameter(help="What the role's name begins with; the region follows.")
    ] = "BurnishModelCustomizationRole",
    kms_key: Annotated[
        tuple[str, ...],
        Parameter(
            help="A key that models or data are encrypted with, by ARN.", negative="", show_default=False
        ),
    ] = (),
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make a role that can use these buckets and nothing else, or bring an older one up to date."""
    from burnish.cli.output import complain, show_json, tell
    from burnish.service import ModelFinetuningService

    service = ModelFinetuningService()
    if dry_run:
        plan = service.plan_model_customization_role(name, buckets=bucket, kms_key_arns=kms_key)
        if as_json:
            show_json(plan)
        else:
            tell(str(plan))
            complain("Nothing was created.")
        return
    arn = service.create_or_update_model_customization_role(name, buckets=bucket, kms_key_arns=kms_key)
    show_json({"role_arn": arn}) if as_json else tell(arn)


@app.command
def delete(role: Annotated[str, Parameter(help="The role's name or ARN.")], /) -> None:
    """Delete a role with its policies."""
    from burnish.cli.output import tell
    from burnish.service import ModelFinetuningService

    ModelFinetuningService().delete_role(role)
    tell(f"The role {role} is deleted.")
