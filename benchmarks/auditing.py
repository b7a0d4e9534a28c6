"""Planted faults that an audit is to find: 5 % wrong labels, and 10 % copies, scanned again.

Wrong labels count as found when they are among the first 15 % of the suspects. Copies are recompressed,
rescaled and rotated by a degree; false positives are pairs of pages that are called copies and not known to
be.

Pages whose labels are known to be doubtful are right to be suspected, and no planted label can come before
them all: with ``--doubtful`` the share is also given among the suspects that are none of these.

    python benchmarks/auditing.py                       # the demo's own sample set
    python benchmarks/auditing.py --documents FOLDER    # yours
    python benchmarks/auditing.py --documents FOLDER --doubtful names.txt   # whose labels may be wrong
    python benchmarks/auditing.py --documents FOLDER --without names.txt    # less these
"""

from __future__ import annotations

import argparse
import io
import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

from options import parser_with
from PIL import Image

from burnish.datasets.auditing import audit_documents
from burnish.datasets.document_features import RENDERING, DocumentFeatures, extract_features
from burnish.datasets.near_duplicates import near_pairs
from burnish.datasets.pages import render_pages
from burnish.datasets.perceptual_hash import page_hash
from burnish.datasets.sources import read_folder

WRONG_LABELS, COPIES, REVIEWED = 0.05, 0.10, 0.15


def main() -> None:
    """Plant faults with several seeds and print how many are found."""
    options = parsed_options()
    without, doubtful = names_in(options.without), names_in(options.doubtful)
    with tempfile.TemporaryDirectory(prefix="burnish-benchmark-") as folder:
        documents = read_folder(options.documents or samples(Path(folder))).documents
        features, _ = extract_features([one for one in documents if one.name not in without])
        labels, among_others = zip(
            *[labels_found(features, seed, doubtful) for seed in options.seeds], strict=True
        )
        found, alarms = zip(*[copies_found(features, seed) for seed in options.seeds], strict=True)
    types = len({one.document.label for one in features})
    print(
        "| pages | types | seeds | wrong labels found | less those known to be doubtful | copies found | "
        "false positives, pairs |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print(
        f"| {len(features)} | {types} | {len(options.seeds)} | {of_seeds(labels)} | "
        f"{of_seeds(among_others)} | {mean(found):.3f} | {mean(alarms):.1f} |"
    )


def of_seeds(shares: Sequence[float]) -> str:
    """The mean of the shares with its standard error, and from where to where they go."""
    error = stdev(shares) / len(shares) ** 0.5 if len(shares) > 1 else float("nan")
    return f"{mean(shares):.3f} ± {error:.3f} ({min(shares):.2f} to {max(shares):.2f})"


def names_in(file: Path | None) -> set[str]:
    """Names of documents, one a line."""
    return set(file.read_text().split("\n")) if file else set()


def labels_found(features: list[DocumentFeatures], seed: int, doubtful: set[str]) -> tuple[float, float]:
    """The share of planted wrong labels among the first suspects, and among those not known as doubtful."""
    rng = random.Random(seed)  # noqa: S311
    names = sorted({one.document.label for one in features})
    wrong = set(rng.sample(range(len(features)), round(WRONG_LABELS * len(features))))
    planted = []
    for number, one in enumerate(features):
        document = one.document
        if number in wrong:
            document = replace(document, label=rng.choice([name for name in names if name != document.label]))
        planted.append(replace(one, document=document))
    suspects = [one.document.name for one in audit_documents(planted).suspects]
    names_of_wrong = {features[number].document.name for number in wrong}
    others = [name for name in suspects if name in names_of_wrong or name not in doubtful]

    def share(ranked: list[str]) -> float:
        return len(set(ranked[: round(REVIEWED * len(ranked))]) & names_of_wrong) / len(wrong)

    return share(suspects), share(others)


def copies_found(features: list[DocumentFeatures], seed: int) -> tuple[float, int]:
    """The share of planted copies that are found, and the pairs that are called copies beside them."""
    rng = random.Random(seed)  # noqa: S311
    copied = rng.sample(range(len(features)), round(COPIES * len(features)))
    hashes = [one.hashes for one in features]
    planted = [page_hash(copy_of(first_page_of(features[number]), rng)) for number in copied]
    pairs = set(near_pairs([*hashes, *planted]))
    expected = {(number, len(hashes) + place) for place, number in enumerate(copied)}
    return len(pairs & expected) / len(expected), len(pairs - expected)


def first_page_of(one: DocumentFeatures) -> bytes:
    """The page that was judged, as PNG."""
    return next(iter(render_pages(one.document.path, RENDERING)))


def copy_of(png: bytes, rng: random.Random) -> Image.Image:
    """The page as it comes out of another scan."""
    with Image.open(io.BytesIO(png)) as page:
        scale = rng.uniform(0.5, 0.9)
        small = page.convert("L").resize((round(page.width * scale), round(page.height * scale)))
    turned = small.rotate(rng.choice((-1, 1)), Image.Resampling.BICUBIC, fillcolor=255)
    body = io.BytesIO()
    turned.save(body, "JPEG", quality=rng.choice((30, 50, 70)))
    return Image.open(body)


def samples(folder: Path) -> Path:
    """The demo's sample set."""
    from burnish.samples import write_sample_documents

    return write_sample_documents(folder, per_label=24, held_out_per_label=1, seed=0).training


def parsed_options() -> argparse.Namespace:
    """The command line."""
    parser = parser_with(__doc__)
    parser.add_argument("--documents", type=Path, help="a folder with a sub-folder for each label")
    parser.add_argument("--doubtful", type=Path, help="a file with names whose labels may be wrong")
    parser.add_argument("--without", type=Path, help="a file with names to leave out, one a line")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(40)))
    return parser.parse_args()


if __name__ == "__main__":
    main()
