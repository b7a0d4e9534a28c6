"""What `burnish demo` reaches, how long it takes and how much memory it holds: a table row for each run.

python benchmarks/demo.py                                 three seeds, the demo's own documents
python benchmarks/demo.py --documents FOLDER              your pages, one sub-folder for each label
python benchmarks/demo.py --seeds 1 2 3 4 5 --out FOLDER  other seeds; the reports are kept in FOLDER
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from options import parser_with
from process_memory import PeakMemory

HEADINGS = (
    "run",
    "base accuracy",
    "uncalibrated",
    "features accuracy",
    "tuned accuracy",
    "test pages",
    "wall (s)",
    "peak memory (MiB)",
    "stages (s)",
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One demo, as it was measured from outside, and the summary that it wrote."""

    name: str
    seconds: float
    peak_bytes: int
    summary: dict[str, Any]

    def cells(self) -> tuple[str, ...]:
        stages = ", ".join(f"{one['name']} {one['seconds']:.0f}" for one in self.summary["stages"])
        scores = {one["model"]: one for one in self.summary["scores"]}
        return (
            self.name,
            *_accuracies(scores["base"]),
            # Left out where a label has too few pages.
            _accuracies(scores["features"])[0] if "features" in scores else "",
            _accuracies(scores["tuned"])[0],
            str(scores["tuned"]["metrics"]["pages"]),
            f"{self.seconds:.0f}",
            f"{self.peak_bytes / 2**20:.0f}",
            stages,
        )


def _accuracies(score: dict[str, Any]) -> tuple[str, str]:
    """As judged, and before calibration."""
    return f"{score['metrics']['accuracy']:.3f}", f"{score['uncalibrated']['accuracy']:.3f}"


def main() -> int:
    options = parsed_options()
    out = options.out or Path(tempfile.mkdtemp(prefix="burnish-benchmark-"))
    out.mkdir(parents=True, exist_ok=True)
    print(f"The reports are written to {out}.\n")
    print(row(HEADINGS))
    print(row("---" for _ in HEADINGS))
    failed = 0
    for seed in options.seeds or ([1] if options.documents else [1, 2, 3]):
        run = measured(seed, out=out, documents=options.documents)
        if run is None:
            failed += 1
        else:
            print(row(run.cells()), flush=True)
    return 1 if failed else 0


def parsed_options() -> argparse.Namespace:
    parser = parser_with(__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", help="1 2 3, or 1 with --documents")
    parser.add_argument("--documents", type=Path, help="a folder with a sub-folder for each label")
    parser.add_argument("--out", type=Path, help="where the reports go; a new temporary folder by default")
    return parser.parse_args()


def measured(seed: int, *, out: Path, documents: Path | None) -> Run | None:
    """Run the demo once; None, with the end of its output on stderr, when it fails."""
    folder = out / f"seed-{seed}"
    command = [Path(sys.executable).with_name("burnish"), "demo", "--seed", str(seed), "--out", folder]
    command += ["--documents", documents.resolve()] if documents else []
    log = out / f"seed-{seed}.log"
    began = time.monotonic()
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as demo,
        PeakMemory(demo.pid) as memory,
    ):
        demo.wait()
    seconds = time.monotonic() - began
    if demo.returncode != 0:
        print(f"The demo with seed {seed} ended with {demo.returncode}; see {log}.", file=sys.stderr)
        return None
    name = f"{documents.resolve().name}, seed {seed}" if documents else f"seed {seed}"
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return Run(name=name, seconds=seconds, peak_bytes=memory.bytes, summary=summary)


def row(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
