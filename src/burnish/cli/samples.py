"""`burnish samples`: invented documents to try things with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

AtLeastOne = validators.Number(gte=1)


def samples(
    folder: Annotated[Path, Parameter(help="Where the documents go, under training and held-out.")],
    /,
    *,
    per_label: Annotated[
        int, Parameter(help="Documents to train on, of each type.", validator=AtLeastOne)
    ] = 24,
    held_out_per_label: Annotated[
        int, Parameter(help="Documents to test with, of each type.", validator=AtLeastOne)
    ] = 8,
    seed: Annotated[int, Parameter(help="Another seed, other documents.")] = 0,
) -> None:
    """Write invented documents of eight types, the held-out ones in layouts that no other has."""
    from burnish.cli.display import open_display
    from burnish.cli.output import tell
    from burnish.disk import reporting_full_disk
    from burnish.samples import write_sample_documents

    written = 0

    with open_display() as display, reporting_full_disk(folder):
        display.begin("samples")

        def on_document(_: Path) -> None:
            nonlocal written
            written += 1
            display.show("documents written", done=written, total=8 * (per_label + held_out_per_label))

        made = write_sample_documents(
            folder,
            per_label=per_label,
            held_out_per_label=held_out_per_label,
            seed=seed,
            on_document=on_document,
        )
        display.show(f"{made.documents} documents of {len(made.labels)} types")
        display.end(well=True)
    tell(f"To train on: {made.training}")
    tell(f"To test with: {made.held_out}")
