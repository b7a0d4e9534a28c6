"""Planted faults that an audit is to find: 5 % wrong labels, and 10 % copies, scanned again.

What is listed counts, and not a ranking: how many of the planted labels are, how many of those listed were
planted, and whether the interval for the number of errors holds it. Without planted labels, whatever is
listed is a false alarm, unless the documents have wrong labels of their own.

Copies are recompressed, rescaled and rotated by a degree. Filled-in forms of one layout, which look alike to
a perceptual hash, must not be taken for copies.

    python benchmarks/auditing.py                       # the demo's own sample set
    python benchmarks/auditing.py --documents FOLDER    # yours
    python benchmarks/auditing.py --documents FOLDER --without names.txt    # less these
    python benchmarks/auditing.py --per-label 4         # with so few of each label
"""

from __future__ import annotations

import argparse
import io
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from statistics import mean, stdev

from options import parser_with
from PIL import Image, ImageDraw, ImageFont

from burnish.datasets.auditing import Audit, audit_documents
from burnish.datasets.document_features import RENDERING, DocumentFeatures, extract_features
from burnish.datasets.near_duplicates import near_pairs
from burnish.datasets.page_comparison import is_same_page, page_detail
from burnish.datasets.pages import render_pages
from burnish.datasets.perceptual_hash import NEAR, page_hash
from burnish.datasets.sources import read_folder

COPIES = 0.10
#: Forms of one layout, and how many of their fields differ between any two.
FORMS, CHANGED_FIELDS = 8, (1, 3, 12)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What an audit lists where wrong labels were planted."""

    planted: int
    listed: int
    found: int
    expected: float
    low: int
    high: int


def main() -> None:
    """Plant faults with several seeds and print how many are found."""
    options = parsed_options()
    with tempfile.TemporaryDirectory(prefix="burnish-benchmark-") as folder:
        documents = read_folder(options.documents or samples(Path(folder))).documents
        without = names_in(options.without)
        features, _ = extract_features([one for one in documents if one.name not in without])
        sets = [some_of(features, options.per_label, seed) for seed in options.seeds]
        for share in options.wrong:
            print_listed(
                share, [listed_in(one, seed, share) for one, seed in zip(sets, options.seeds, strict=True)]
            )
        if not options.per_label:
            print_copies([copies_found(features, seed) for seed in options.seeds[:10]])
    print_forms()


def print_listed(share: float, found: Sequence[Listed]) -> None:
    """Print the means over seeds, and how often the interval holds the number of planted labels."""
    planted, hits = sum(one.planted for one in found), sum(one.found for one in found)
    recalls = [one.found / one.planted for one in found if one.planted]
    precision = f"{hits / max(sum(one.listed for one in found), 1):.2f}" if planted else "-"
    recall = of_seeds(recalls) if planted else "-"
    listed = [one.listed for one in found]
    held = mean(one.low <= one.planted <= one.high for one in found)
    print(
        f"wrong labels {share:.0%}: planted {mean(one.planted for one in found):.1f}, "
        f"listed {mean(listed):.1f} ({min(listed)} to {max(listed)}), "
        f"recall {recall}, precision {precision}, "
        f"estimated {mean(one.expected for one in found):.1f} "
        f"({mean(one.low for one in found):.1f} to {mean(one.high for one in found):.1f}), "
        f"interval holds it in {held:.2f} of the seeds"
    )


def print_copies(found: Sequence[tuple[float, int]]) -> None:
    """Print the share of planted copies that are found, and the pairs that are none."""
    print(
        f"copies found {mean(share for share, _ in found):.3f}, false pairs {mean(n for _, n in found):.1f}"
    )


def print_forms() -> None:
    """Print how many pairs of different forms look alike, and how many are taken for copies."""
    for changed in CHANGED_FIELDS:
        forms = [form(number, changed) for number in range(FORMS)]
        hashes, details = list(map(page_hash, forms)), list(map(page_detail, forms))
        pairs = list(combinations(range(FORMS), 2))
        alike = sum(hashes[one].distance(hashes[other]) <= NEAR for one, other in pairs)
        same = sum(is_same_page(details[one], details[other]) for one, other in pairs)
        of = f"{changed} of {FIELDS} fields differ"
        print(f"forms, {of}: {alike} of {len(pairs)} pairs look alike, {same} are taken for copies")


def of_seeds(shares: Sequence[float]) -> str:
    """The mean of the shares with its standard error, and from where to where they go."""
    error = stdev(shares) / len(shares) ** 0.5 if len(shares) > 1 else float("nan")
    return f"{mean(shares):.3f} ± {error:.3f} ({min(shares):.2f} to {max(shares):.2f})"


def names_in(file: Path | None) -> set[str]:
    """Names of documents, one a line."""
    return set(file.read_text().split("\n")) if file else set()


def some_of(features: list[DocumentFeatures], per_label: int | None, seed: int) -> list[DocumentFeatures]:
    """So many documents of each label, drawn by the seed; all of them without a number."""
    if per_label is None:
        return features
    by_label = defaultdict(list)
    for one in features:
        by_label[one.document.label].append(one)
    rng = random.Random(seed)  # noqa: S311
    return [one for group in by_label.values() for one in rng.sample(group, min(per_label, len(group)))]


def listed_in(features: list[DocumentFeatures], seed: int, share: float) -> Listed:
    """What is listed where a share of the labels is wrong."""
    wrong, planted = with_wrong_labels(features, seed, share)
    audit = without_copies(planted)
    names = {one.document.name for one in audit.suspects}
    errors = audit.errors
    return Listed(
        planted=len(wrong),
        listed=len(names),
        found=len(names & wrong),
        expected=errors.expected if errors else 0,
        low=errors.low if errors else 0,
        high=errors.high if errors else 0,
    )


def with_wrong_labels(
    features: list[DocumentFeatures], seed: int, share: float
) -> tuple[set[str], list[DocumentFeatures]]:
    """The names of the documents with a wrong label, and all documents."""
    rng = random.Random(seed)  # noqa: S311
    names = sorted({one.document.label for one in features})
    wrong = set(rng.sample(range(len(features)), round(share * len(features))))
    planted = []
    for number, one in enumerate(features):
        document = one.document
        if number in wrong:
            document = replace(document, label=rng.choice([name for name in names if name != document.label]))
        planted.append(replace(one, document=document))
    return {features[number].document.name for number in wrong}, planted


def without_copies(features: list[DocumentFeatures]) -> Audit:
    """The audit of the labels alone: copies are counted apart."""
    return audit_documents([replace(one, hashes=None) for one in features])


def copies_found(features: list[DocumentFeatures], seed: int) -> tuple[float, int]:
    """The share of planted copies that are found, and the pairs that are called copies beside them."""
    rng = random.Random(seed)  # noqa: S311
    copied = rng.sample(range(len(features)), round(COPIES * len(features)))
    planted = [copy_of(first_page_of(features[number]), rng) for number in copied]
    hashes = [*(one.hashes for one in features), *map(page_hash, planted)]
    details = [*(one.detail for one in features), *map(page_detail, planted)]
    pairs = {(one, other) for one, other in near_pairs(hashes) if is_same_page(details[one], details[other])}
    expected = {(number, len(features) + place) for place, number in enumerate(copied)}
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


FIELDS = 12
_WORDS = ("Anna", "Otto", "Berg", "Lake", "Hill", "Mill", "Road", "North", "South", "Green", "Stone", "Ford")


def form(number: int, changed: int) -> Image.Image:
    """A filled-in meter card; in so many fields it differs from the others of its layout."""
    page = Image.new("L", (1240, 1754), 255)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(32)
    draw.rectangle((60, 60, 1180, 200), outline=0, width=4)
    draw.text((90, 105), "METER READING CARD", fill=0, font=font)
    values = list(values_of(random.Random(0)))  # noqa: S311
    own = list(values_of(random.Random(number + 1)))  # noqa: S311
    for field in random.Random(changed).sample(range(FIELDS), changed):  # noqa: S311
        values[field] = own[field]
    for field, value in enumerate(values):
        top = 260 + 80 * field
        draw.rectangle((60, top, 1180, top + 80), outline=0, width=2)
        draw.text((80, top + 22), f"Field number {field + 1}", fill=0, font=font)
        draw.text((510, top + 22), value, fill=0, font=font)
    return page


def values_of(rng: random.Random) -> Iterator[str]:
    """Names, numbers and dates in turn."""
    for field in range(FIELDS):
        if field % 3 == 0:
            yield " ".join(rng.sample(_WORDS, 2))
        elif field % 3 == 1:
            yield str(rng.randrange(10**5, 10**7))
        else:
            yield f"{rng.randrange(1, 29):02}.{rng.randrange(1, 13):02}.19{rng.randrange(60, 100)}"


def samples(folder: Path) -> Path:
    """The demo's sample set."""
    from burnish.samples import write_sample_documents

    return write_sample_documents(folder, per_label=24, held_out_per_label=1, seed=0).training


def parsed_options() -> argparse.Namespace:
    """The command line."""
    parser = parser_with(__doc__)
    parser.add_argument("--documents", type=Path, help="a folder with a sub-folder for each label")
    parser.add_argument("--without", type=Path, help="a file with names to leave out, one a line")
    parser.add_argument("--per-label", type=int, help="judge only so many documents of each label")
    parser.add_argument(
        "--wrong", type=float, nargs="+", default=[0.0, 0.05], help="the shares of wrong labels"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(20)))
    return parser.parse_args()


if __name__ == "__main__":
    main()
