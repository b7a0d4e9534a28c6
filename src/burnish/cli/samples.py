"""`burnish samples`: generated documents to try things with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, validators

from burnish.cli.display import counter_on, open_stage
from burnish.cli.output import print_result
from burnish.disk import reporting_full_disk

AtLeastOne = validators.Number(gte=1)


def samples(
    folder: Annotated[Path, Parameter(help="Output folder; gets sub-folders training and held-out.")],
    /,
    *,
    per_label: Annotated[int, Parameter(help="Training documents per type.", validator=AtLeastOne)] = 24,
    held_out_per_label: Annotated[
        int, Parameter(help="Held-out documents per type.", validator=AtLeastOne)
    ] = 8,
    seed: Annotated[int, Parameter(help="Random seed.")] = 0,
    task: Annotated[
        Literal["classification", "extraction"],
        Parameter(help="Documents of all types, or invoices with their fields beside them as JSON."),
    ] = "classification",
) -> None:
    """Generate documents of eight types, the held-out ones in layouts that no training document has."""
    from burnish.samples import write_sample_documents

    types = 1 if task == "extraction" else 8
    with open_stage("samples") as display, reporting_full_disk(folder):
        made = write_sample_documents(
            folder,
            per_label=per_label,
            held_out_per_label=held_out_per_label,
            seed=seed,
            task=task,
            on_document=counter_on(display, "documents written", types * (per_label + held_out_per_label)),
        )
        display.show(f"{made.documents} documents of {len(made.labels)} {'type' if types == 1 else 'types'}")
    print_result(f"Training documents: {made.training}")
    print_result(f"Held-out documents: {made.held_out}")
