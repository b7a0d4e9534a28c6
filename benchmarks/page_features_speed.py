"""What training page features on many read pages takes, and how many pages a second they decide.

The pages are put together from the lines of the documents: each from three documents of its label, with as
many lines as one of them has. Reading and measuring images does not count. CPU seconds, for one core: run it
with `OMP_NUM_THREADS=1`.

    OMP_NUM_THREADS=1 python benchmarks/page_features_speed.py --documents FOLDER
    OMP_NUM_THREADS=1 python benchmarks/page_features_speed.py --documents FOLDER --labels 8
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from options import parser_with

from burnish.datasets.document_features import DocumentFeatures, extract_features
from burnish.datasets.sources import read_folder
from burnish.engine.pages import PageContent
from burnish.page_features.page_classifier import fitted_classifier, load_classifier

DECIDED = 200
Result = TypeVar("Result")


def main() -> None:
    """Train on pages made of the documents, decide some, and print what it took."""
    options = parsed_options()
    features, _ = extract_features(read_folder(options.documents).documents)
    names = sorted({one.document.label for one in features})[: options.labels]
    labels = [names[number % len(names)] for number in range(options.pages)]
    pages = pages_of(features, labels)
    before = peak_memory()
    fit, seconds = timed(lambda: fitted_classifier(pages, labels))
    print(f"{len(pages)} pages of {len(names)} labels: {seconds:.1f} CPU s to train", end=", ")
    print(f"peak memory {peak_memory()} MiB, {before} MiB before")
    with tempfile.TemporaryDirectory(prefix="burnish-benchmark-") as folder:
        fit.classifier.save(Path(folder))
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        loaded, seconds = timed(lambda: load_classifier(Path(folder)))
    print(f"{size / 2**20:.1f} MiB on disk, {1000 * seconds:.0f} ms to load")
    loaded.probabilities(pages[:1])
    _, together = timed(lambda: loaded.probabilities(pages[:DECIDED]))
    _, one_by_one = timed(lambda: [loaded.probabilities([page]) for page in pages[:DECIDED]])
    print(f"decided: {DECIDED / together:.0f} pages a second together, {DECIDED / one_by_one:.0f} one by one")


def pages_of(features: Sequence[DocumentFeatures], labels: Sequence[str]) -> list[PageContent]:
    """A page for each label, of lines of three documents that have it."""
    by_label = defaultdict(list)
    for one in features:
        by_label[one.document.label].append(one)
    rng = random.Random(0)  # noqa: S311
    return [mixed(rng.sample(by_label[label], 3), rng) for label in labels]


def mixed(documents: Sequence[DocumentFeatures], rng: random.Random) -> PageContent:
    """As many lines as the first document has, of all of them, and its appearance."""
    lines = [line for one in documents for line in one.lines]
    kept = rng.sample(lines, min(len(documents[0].lines), len(lines)))
    return PageContent(
        lines=tuple(sorted(kept, key=lambda line: line.top)), appearance=documents[0].appearance
    )


def timed(run: Callable[[], Result]) -> tuple[Result, float]:
    """What a function returns, and the CPU seconds that it took."""
    started = time.process_time()
    return run(), time.process_time() - started


def peak_memory() -> int:
    """Of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def parsed_options() -> argparse.Namespace:
    """The command line."""
    parser = parser_with(__doc__)
    parser.add_argument("--documents", type=Path, required=True, help="a folder with a sub-folder per label")
    parser.add_argument("--pages", type=int, default=3000)
    parser.add_argument("--labels", type=int, default=16, help="the first so many labels")
    return parser.parse_args()


if __name__ == "__main__":
    main()
