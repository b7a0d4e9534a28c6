"""The table in ``docs/compatibility/other-servers.md``, from the results in ``docs/conformance``.

``python tests/docs/conformance_table.py`` examines the server of this tree, keeps its results and writes the
table anew. ``python tests/docs/conformance_table.py RESULTS.json ...`` keeps results of other servers, as
``burnish conformance --json --name 'moto 5.2.5'`` wrote them. A test holds page and server equal to both.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from burnish.aws.clients import Clients
from burnish.conformance.running import ExaminedCheck, run_suite
from burnish.conformance.subject import Subject
from burnish.conformance.table import ServerResults, read_results, table_of, unmet_statements

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "compatibility" / "other-servers.md"
KEPT = ROOT / "docs" / "conformance"
OWN = KEPT / "burnish.json"
RIVALS = (KEPT / "moto.json", KEPT / "ministack.json")
BEGIN, END = "<!-- conformance: begin -->", "<!-- conformance: end -->"


def examined(clients: Clients, url: str) -> list[ExaminedCheck]:
    """The results of a server of our own."""
    subject = Subject(clients=clients, endpoint_url=url)
    try:
        return run_suite(subject)
    finally:
        subject.clean_up()


def kept_section() -> str:
    """The section that the kept results make."""
    own = read_results(OWN)
    table = table_of([own, *map(read_results, RIVALS)])
    unmet = unmet_statements(own)
    said = f"Where Burnish differs from AWS:\n\n{unmet}" if unmet else "Burnish passes every check."
    return f"{table}\n\n{said}"


def page_with(section: str, page: str) -> str:
    """The page with this section in the place of the one it has."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{section}\n\n{END}{after}"


def keep(results: ServerResults, path: Path) -> None:
    """Write results, without their details."""
    checks = [
        {
            "service": one.service,
            "operation": one.operation,
            "statement": one.statement,
            "outcome": one.outcome,
        }
        for one in results.checks
    ]
    kept = {"server": results.server, "date": results.date, "checks": checks}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def _examine_this_tree() -> ServerResults:
    """The results of a server of this tree with a tiny model."""
    from burnish.aws.clients import AccessKey, open_clients
    from burnish.engine.language_model.tiny_model import write_tiny_model
    from burnish.local_server.child_server import child_server
    from burnish.server.credentials import credentials_at

    with TemporaryDirectory() as name:
        folder = Path(name)
        model = str(write_tiny_model(folder / "tiny-llama"))
        with child_server(folder / "data", log=folder / "server.log", models=[model]) as child:
            url = child.once_it_answers().url
            key = credentials_at(folder / "data")
            known = AccessKey(access_key_id=key.access_key, secret_access_key=key.secret_key)
            clients = open_clients(region="us-east-1", endpoint_url=url, credentials=known)
            return ServerResults(server="Burnish", checks=examined(clients, url))


def main(paths: list[Path]) -> None:
    """Keep the results, and write the section anew."""
    for path in paths:
        results = read_results(path)
        keep(results, KEPT / f"{results.server.split()[0].lower()}.json")
    if not paths:
        keep(_examine_this_tree(), OWN)
    PAGE.write_text(page_with(kept_section(), PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main([Path(one) for one in sys.argv[1:]])
