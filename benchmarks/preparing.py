"""Documents to PNG, JSONL and upload: against the obvious script, in the same run.

500 scanned A4 pages of 300 dpi (JPEG and TIFF) and 500 PDF pages, made on the spot, into an S3 server on the
same machine. The rival is what one writes in a notebook: threads, Pillow, its default PNG through a temporary
file, one upload each.

    python benchmarks/preparing.py
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from options import parser_with
from process_memory import PeakMemory

from burnish.aws.clients import AccessKey as Key
from burnish.aws.clients import open_clients
from burnish.aws.objects import S3Uri, ensure_bucket, list_objects
from burnish.server.credentials import ServerCredentials
from burnish.server.s3.object_store import start_object_store

LABELS = ("invoice", "letter", "memo", "report")
A4_AT_300_DPI = (2480, 3508)
LONGEST_EDGE = 1568
BUCKET = "benchmark"
OWNER = "123456789012"


def main() -> None:
    """Make documents, prepare them in two ways, and once more in ours, and print the table."""
    options = parsed_options()
    if options.way:
        return {"burnish": prepare_with_burnish, "obvious": prepare_as_obvious}[options.way](options.folder)
    with tempfile.TemporaryDirectory(prefix="burnish-benchmark-") as name:
        compare(Path(name), options.scans, options.pdfs)
    return None


def compare(folder: Path, scans: int, pdfs: int) -> None:
    """All ways, each in a process of its own whose memory is watched."""
    documents = folder / "documents"
    write_documents(documents, scans, pdfs)
    key = ServerCredentials(account_id=OWNER, access_key="AKIA" + "B" * 16, secret_key="b" * 40)
    store = start_object_store(folder, key)
    os.environ |= {
        "AWS_ENDPOINT_URL": store.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret_key,
        "BURNISH_CACHE": str(folder / "cache"),
    }
    key = Key(access_key_id=key.access_key, secret_access_key=key.secret_key)
    s3 = open_clients(region="us-east-1", endpoint_url=store.endpoint, credentials=key).s3
    try:
        ensure_bucket(s3, BUCKET, region="us-east-1")
        print(f"{scans} scanned pages and {pdfs} PDF pages")
        print("| way | seconds | pages a second | PNG in all (MB) | peak memory (MiB) |")
        print("| --- | --- | --- | --- | --- |")
        for way, prefix in (("obvious", "obvious"), ("burnish", "burnish"), ("burnish", "burnish")):
            seconds, peak = measured(way, documents)
            size = sum(
                s3.head_object(Bucket=uri.bucket, Key=uri.key)["ContentLength"]
                for uri in list_objects(s3, S3Uri(BUCKET, f"{prefix}/pages/"))
            )
            rate = (scans + pdfs) / seconds
            print(f"| {way} | {seconds:.1f} | {rate:.1f} | {size / 1e6:.0f} | {peak:.0f} |")
    finally:
        store.stop()


def measured(way: str, documents: Path) -> tuple[float, float]:
    """The seconds and the peak memory in MiB of one way."""
    began = time.monotonic()
    with subprocess.Popen([sys.executable, __file__, "--way", way, "--folder", str(documents)]) as process:
        with PeakMemory(process.pid, every=0.2) as peak:
            process.wait()
        assert process.returncode == 0
    return time.monotonic() - began, peak.bytes / 2**20


def prepare_with_burnish(documents: Path) -> None:
    """Ours, in the child."""
    from burnish.datasets.prepare import prepare_dataset
    from burnish.datasets.prepared import Destination, Preparation
    from burnish.datasets.sources import read_folder
    from burnish.families import DatasetRules

    rules = DatasetRules(max_images=1)
    prepare_dataset(
        read_folder(documents),
        s3=open_clients().s3,
        destination=Destination(bucket=BUCKET, prefix="burnish", owner=OWNER),
        preparation=Preparation(rules=rules, keep_copies=True),
    )


def prepare_as_obvious(documents: Path) -> None:
    """What one writes in a notebook, in the child."""
    import pypdfium2
    from PIL import Image

    s3 = open_clients().s3
    lines = []

    def convert(path: Path) -> None:
        if path.suffix == ".pdf":
            document = pypdfium2.PdfDocument(path)
            image = document[0].render(scale=300 / 72).to_pil()
        else:
            image = Image.open(path).convert("RGB")
        share = LONGEST_EDGE / max(image.size)
        image = image.resize((round(image.width * share), round(image.height * share)), Image.LANCZOS)
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            image.save(file.name, "PNG")
            key = f"obvious/pages/{path.stem}.png"
            s3.upload_file(file.name, BUCKET, key)
        lines.append(json.dumps({"uri": f"s3://{BUCKET}/{key}", "label": path.parent.name}))

    # PDFium may be used by one thread at a time only, so these go one after another.
    paths = sorted(path for path in documents.rglob("*") if path.is_file())
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(convert, [path for path in paths if path.suffix != ".pdf"]))
    for path in paths:
        if path.suffix == ".pdf":
            convert(path)
    s3.put_object(Bucket=BUCKET, Key="obvious/train.jsonl", Body="\n".join(lines).encode())


def write_documents(folder: Path, scans: int, pdfs: int) -> None:
    """Pages of text, scanned in gray and in black and white, and as PDF."""
    from PIL import Image, ImageDraw, ImageFilter
    from reportlab.pdfgen.canvas import Canvas

    rng = random.Random(0)  # noqa: S311
    words = "the of and to in invoice agreed please total amount report date signed order".split()  # noqa: SIM905
    noise = Image.effect_noise(A4_AT_300_DPI, 24)
    for number in range(scans + pdfs):
        label = LABELS[number % len(LABELS)]
        (folder / label).mkdir(parents=True, exist_ok=True)
        text = ["".join(f"{rng.choice(words)} " for _ in range(11)) for _ in range(rng.randint(20, 50))]
        if number >= scans:
            canvas = Canvas(str(folder / label / f"{number:04}.pdf"), pagesize=(595, 842))
            for line, said in enumerate(text):
                canvas.drawString(60, 780 - 14 * line, said)
            canvas.save()
            continue
        page = Image.new("L", A4_AT_300_DPI, 245)
        draw = ImageDraw.Draw(page)
        for line, said in enumerate(text):
            draw.text((250, 250 + 58 * line), said, fill=20, font_size=42)
        page = Image.blend(page, noise, 0.08).filter(ImageFilter.GaussianBlur(0.7))
        if number % 2:
            page.convert("1").save(folder / label / f"{number:04}.tif", compression="group4", dpi=(300, 300))
        else:
            body = io.BytesIO()
            page.save(body, "JPEG", quality=80, dpi=(300, 300))
            (folder / label / f"{number:04}.jpg").write_bytes(body.getvalue())


def parsed_options() -> argparse.Namespace:
    """The command line."""
    parser = parser_with(__doc__)
    parser.add_argument("--scans", type=int, default=500)
    parser.add_argument("--pdfs", type=int, default=500)
    parser.add_argument("--way", choices=("burnish", "obvious"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
