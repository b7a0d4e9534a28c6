"""What a client waits for while strangers hold 1,000 idle and 200 slow connections to the same server.

    python benchmarks/crowded.py
    python benchmarks/crowded.py --idle 1000 --slow 200 --descriptors 1024

Slow ones are, in equal parts: heads that trickle in, unsigned bodies, bodies with the key and no secret
(each a byte a second), and downloads that nobody reads. Whoever is cut off comes again at once.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from options import parser_with
from served import Served, percentile, served

DOWNLOAD_BYTES = 64 * 2**20


def main() -> int:
    options = parsed_options()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (options.descriptors or most,) * 2)
    if options.descriptors:
        print(f"The server may open {options.descriptors:,} files.")
    with served() as server:
        print("| strangers | calls | p50 (ms) | p99 (ms) | max (ms) | memory (MiB) | log (KiB) |")
        print("|---|---|---|---|---|---|---|")
        measure(server, "none", options.calls)
        with crowd(server, idle=options.idle, slow=options.slow):
            time.sleep(options.settle)
            measure(server, f"{options.idle:,} idle, {options.slow} slow", options.calls)
        measure(server, "none again", options.calls)
    return 0


def parsed_options() -> argparse.Namespace:
    parser = parser_with(__doc__)
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--slow", type=int, default=200)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--settle", type=float, default=15, help="seconds before the client begins")
    parser.add_argument("--descriptors", type=int, help="files that the server may open")
    return parser.parse_args()


def measure(server: Served, strangers: str, calls: int) -> None:
    """Print how long a client's calls of GetFoundationModel take."""
    bedrock = server.client("bedrock")
    took, failed = [], 0
    for _ in range(calls):
        began = time.perf_counter()
        try:
            bedrock.get_foundation_model(modelIdentifier=server.model)
        except Exception as error:  # noqa: BLE001  whatever went wrong, it is no answer
            failed += 1
            print(f"  no answer: {error!r}"[:200], file=sys.stderr)
            if failed > 5:
                break
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    shown = [percentile(took, 50), percentile(took, 99), took[-1]]
    lines = Path(f"/proc/{server.process}/status").read_text().splitlines()
    memory = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
    answered = f"{len(took) - failed}" + (f", {failed} failed" if failed else "")
    figures = " | ".join(f"{value:.1f}" for value in shown)
    print(f"| {strangers} | {answered} | {figures} | {memory:.0f} | {server.log.stat().st_size / 1024:.0f} |")


@contextlib.contextmanager
def crowd(server: Served, *, idle: int, slow: int) -> Iterator[None]:
    """The strangers, in a process of their own."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket="crowded")
    s3.put_object(Bucket="crowded", Key="large", Body=os.urandom(DOWNLOAD_BYTES))
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "crowded", "Key": "large"})
    heads = [b"", *_slow_heads(server, link)]
    strangers = multiprocessing.get_context("fork").Process(
        target=_strangers, args=(urlsplit(server.url).port, heads, idle, slow), daemon=True
    )
    strangers.start()
    try:
        yield
    finally:
        strangers.terminate()
        strangers.join()


def _slow_heads(server: Served, link: str) -> list[bytes]:
    host = urlsplit(server.url).netloc
    now = datetime.now(UTC)
    scope = f"{server.access_key}/{now:%Y%m%d}/us-east-1/bedrock/aws4_request"
    claim = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    body = f"POST /model/m/converse HTTP/1.1\r\nHost: {host}\r\nContent-Length: 30000000\r\n"
    place = urlsplit(link)
    return [
        f"GET / HTTP/1.1\r\nHost: {host}\r\nX-Slow: ".encode(),
        f"{body}\r\n".encode(),
        f"{body}X-Amz-Date: {now:%Y%m%dT%H%M%SZ}\r\nAuthorization: {claim}\r\n\r\n".encode(),
        f"GET {place.path}?{place.query} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(),
    ]


def _strangers(port: int, heads: list[bytes], idle: int, slow: int) -> None:
    chosen = [heads[0]] * idle + [heads[1 + number % (len(heads) - 1)] for number in range(slow)]

    async def all_of_them() -> None:
        await asyncio.gather(*(_stranger(port, head, is_reader=head == heads[-1]) for head in chosen))

    asyncio.run(all_of_them())


async def _stranger(port: int, head: bytes, *, is_reader: bool) -> None:
    while True:
        with contextlib.suppress(OSError):
            # A reader's small buffer fills at once, and is never emptied.
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(head)
            await _hold(reader, writer, is_trickling=bool(head) and not is_reader, is_reader=is_reader)
            writer.close()
        await asyncio.sleep(0.5)


async def _hold(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_trickling: bool, is_reader: bool
) -> None:
    while not writer.is_closing() and (is_reader or not reader.at_eof()):
        await asyncio.sleep(1)
        if is_trickling:
            writer.write(b"x")


if __name__ == "__main__":
    sys.exit(main())
