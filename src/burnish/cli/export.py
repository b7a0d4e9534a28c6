"""`burnish export`: a prepared data set for other training tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from burnish.cli.display import counter_on, open_stage
from burnish.cli.output import print_result


def export(
    dataset: Annotated[str, Parameter(help="The data set's folder or manifest, as s3://…")],
    folder: Annotated[Path, Parameter(help="Output folder, to be read with datasets.load_from_disk.")],
    /,
) -> None:
    """Export a data set to Hugging Face's datasets format, keeping its split."""
    from burnish.aws.clients import open_clients
    from burnish.datasets.documents import Part
    from burnish.datasets.hugging_face_export import export_dataset
    from burnish.datasets.manifest import read_manifest

    s3 = open_clients().s3
    manifest = read_manifest(s3, dataset)
    pages = sum(len(manifest.pages_of(part)) for part in Part)
    with open_stage("export") as display:
        export_dataset(s3, manifest, folder, on_page=counter_on(display, "pages", pages))
        display.show(f"{pages} pages of {len(manifest.documents)} documents")
    print_result(f"Data set: {folder}. Burnish reads it as hf:{folder}")
