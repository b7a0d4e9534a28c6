"""`burnish env`: the environment variables that point AWS tools at the server."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from cyclopts import Parameter

from burnish.cli.output import print_result
from burnish.errors import CannotConnect
from burnish.local_server.running_server import answers, default_data_folder, running_server

#: What would take precedence over the key, or lead elsewhere.
IN_THE_WAY = ("AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK", "AWS_PROFILE")
REGION = "us-east-1"


def env(
    *,
    port: Annotated[
        int | None, Parameter(help="The server's port, if not the one in its data folder.")
    ] = None,
    data: Annotated[Path | None, Parameter(help="The server's data folder.")] = None,
) -> None:
    """Print the environment variables that point AWS tools at the running server: eval "$(burnish env)"."""
    from burnish.server.credentials import credentials_at

    data = data or default_data_folder()
    url, ca_bundle = _place_of(data, port)
    key = credentials_at(data)
    values = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret_key,
        # Both: boto3 reads the one, the SDKs of other languages the other.
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }
    if ca_bundle:
        values["AWS_CA_BUNDLE"] = ca_bundle
    values |= _past_the_proxy(os.environ, urlsplit(url).hostname or "")
    for name, value in values.items():
        print_result(f"export {name}={shlex.quote(value)}")
    print_result(f"unset {' '.join(IN_THE_WAY)}")


def _past_the_proxy(environment: Mapping[str, str], host: str) -> dict[str, str]:
    """The variables by which tools reach the server directly, where a proxy is set for everything else."""
    if not any(name.lower() in ("http_proxy", "https_proxy", "all_proxy") for name in environment):
        return {}
    known = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    hosts = [one for one in known.split(",") if one]
    direct = ",".join(dict.fromkeys([*hosts, host]))
    # Both spellings: tools differ in which they read, and in which one wins.
    return {"NO_PROXY": direct, "no_proxy": direct}


def _place_of(data: Path, port: int | None) -> tuple[str, str | None]:
    """Where the server answers, and the certificate to trust. Raises `CannotConnect` with what to start."""
    given = f" --data {shlex.quote(str(data))}" if data != default_data_folder() else ""
    server = running_server(data)
    if port is None:
        if server is None:
            raise CannotConnect(f"No server runs with {str(data)!r}: start one with `burnish serve{given}`")
        return server.url, server.ca_bundle
    for scheme in ("http", "https"):
        url = f"{scheme}://127.0.0.1:{port}"
        if answers(url):
            return url, server.ca_bundle if server else None
    start = f"burnish serve --port {port}{given}"
    raise CannotConnect(f"No server answers at port {port} of 127.0.0.1: start one with `{start}`")
