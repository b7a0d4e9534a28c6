"""`burnish status`: what is running or stored in the account, and what it costs."""

from __future__ import annotations

from dataclasses import asdict

from burnish.cli.options import AsJson
from burnish.cli.output import print_message, show_json, show_table


def status(*, as_json: AsJson = False) -> None:
    """List running jobs, models, deployments and throughput: what each costs, and how to end it."""
    from burnish.aws.clients import open_clients
    from burnish.billed_resources import billed_resources
    from burnish.local_server.running_server import problems_at
    from burnish.service import ModelFinetuningService

    clients = open_clients()
    items = billed_resources(ModelFinetuningService(clients=clients), leads_to_aws=clients.leads_to_aws)
    if not clients.leads_to_aws:
        for part, problem in problems_at(clients.bedrock.meta.endpoint_url).items():
            print_message(f"The server has a problem: {part}: {problem}")
    if as_json:
        show_json([asdict(item) for item in items])
    elif items:
        rows = [(item.kind, item.name, item.status, item.bill, item.to_end) for item in items]
        show_table(("kind", "name", "status", "billing", "to end it"), rows)
        if clients.leads_to_aws:
            print_message("These are list prices, which change: your AWS bill is what counts.")
    else:
        print_message(f"Nothing is running or incurring costs in {clients.region}.")
