"""The only way to AWS, or to a server that speaks its protocols: the endpoint decides which of them.

Nothing else in Burnish imports boto3; every other module takes a client as an argument.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

from burnish.aws.error_translation import NO_REGION, translated_errors
from burnish.aws.own_headers import send_own_headers
from burnish.aws.regions import require_region
from burnish.aws.response_watchdog import CONNECT_SECONDS, ResponseWatchdog, response_timeout
from burnish.aws.retries import MAX_TIMEOUTS, call
from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.config import Config
    from s3transfer.manager import TransferManager

#: A client of boto3, which makes its classes at run time and publishes no types.
Client: TypeAlias = Any

READ_TIMEOUT_SECONDS = 3600.0
CONNECTIONS = 50
S3_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class AccessKey:
    """An access key given explicitly, in place of what boto3 finds in the environment."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        # Never the secret: what has a repr ends up in logs.
        return f"AccessKey(access_key_id={self.access_key_id!r}, …)"


class Clients:
    """The clients of one account in one region, each created on first use."""

    def __init__(
        self, *, region: str | None, endpoint_url: str | None, credentials: AccessKey | None
    ) -> None:
        self._region = region
        self._region_is_checked = False
        self._endpoint_url = endpoint_url
        self._credentials = credentials
        self._session: Session | None = None
        self._made: dict[str, Client] = {}
        self._lock = threading.RLock()

    @property
    def leads_to_aws(self) -> bool:
        """Whether calls go to AWS itself, and not to a server of one's own."""
        return not _endpoint_of("bedrock", self._endpoint_url)

    @property
    def region(self) -> str:
        """The region: the one given, or the one of the AWS profile in use.

        Raises `InvalidConfig` where none is set, and for one that AWS does not have.
        """
        with self._lock:
            region = self._checked_region()
        if not region:
            raise InvalidConfig("The region", [NO_REGION])
        return region

    @property
    def runtime_endpoint(self) -> str:
        """The URL that inference requests go to."""
        return str(self.bedrock_runtime.meta.endpoint_url)

    @property
    def account_id(self) -> str:
        """The twelve digits of the account that the credentials belong to."""
        return str(self._identity()["Account"])

    @property
    def caller_arn(self) -> str:
        """Whose credentials these are: a user, a session of a role, or the account's root."""
        return str(self._identity()["Arn"])

    @property
    def bedrock(self) -> Client:
        """Jobs, models and deployments."""
        return self._client("bedrock")

    @property
    def bedrock_runtime(self) -> Client:
        """Inference. Calls are not retried: the caller, who runs many at once, also controls their rate."""
        return self._client("bedrock-runtime")

    @property
    def s3(self) -> Client:
        """Objects."""
        return self._client("s3")

    @property
    def iam(self) -> Client:
        """Roles."""
        return self._client("iam")

    @property
    def sts(self) -> Client:
        """Who is asking."""
        return self._client("sts")

    def require_known_region(self) -> None:
        """Raise `InvalidConfig` for a region that AWS does not have. None at all is no problem yet."""
        with self._lock:
            self._checked_region()

    def _checked_region(self) -> str | None:
        if not self._region_is_checked:
            self._region = self._region or self._open_session().region_name
            # At an endpoint of its own a server may call its region as it likes.
            if self._region and self.leads_to_aws:
                require_region(self._region, _regions_of_bedrock(self._open_session()))
            self._region_is_checked = True
        return self._region

    def _identity(self) -> Mapping[str, Any]:
        sts = self.sts
        identity: Mapping[str, Any] = call(sts.get_caller_identity, "ask whose credentials these are")
        return identity

    def _client(self, service: str) -> Client:
        # boto3 clients are thread-safe, but creating them is not.
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def _make(self, service: str) -> Client:
        # The first call may load a model, and long answers take minutes. No other service is ever this slow.
        is_slow = service == "bedrock-runtime"
        limit = READ_TIMEOUT_SECONDS if is_slow else response_timeout()
        with translated_errors(f"open a client for {service}"):
            client = self._open_session().client(
                service,
                region_name=self.region,
                endpoint_url=self._endpoint_url,
                config=_settings_for(service, _endpoint_of(service, self._endpoint_url), limit),
            )
        tries = S3_TRIES if service == "s3" else MAX_TIMEOUTS
        send_own_headers(client.meta.events)
        ResponseWatchdog(limit=limit, tries=tries, slow=is_slow).listen(client.meta.events)
        return client

    def _open_session(self) -> Session:
        if self._session is None:
            import boto3

            key = self._credentials
            with translated_errors("open an AWS session"):
                self._session = boto3.Session(
                    aws_access_key_id=key and key.access_key_id,
                    aws_secret_access_key=key and key.secret_access_key,
                    aws_session_token=key and key.session_token,
                )
        return self._session


def open_clients(
    *, region: str | None = None, endpoint_url: str | None = None, credentials: AccessKey | None = None
) -> Clients:
    """The clients for a region; nothing is contacted before the first call.

    Without ``region``, AWS_REGION, AWS_DEFAULT_REGION and the AWS profile are used, in this order. Without
    ``endpoint_url``, AWS_ENDPOINT_URL is used; where that is not set either, calls go to AWS.
    """
    region = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return Clients(region=region, endpoint_url=endpoint_url, credentials=credentials)


def new_token() -> str:
    """A fresh idempotency token, by which the service recognizes a retry as the same request."""
    return str(uuid4())


def transfers(s3: Client) -> TransferManager:
    """A context manager that uploads and downloads files, large ones in parts.

    Pass file names, not open files, whose parts would be buffered in memory. Always uses the classic transfer
    client: the CRT client, which boto3 prefers on large machines, ignores ``endpoint_url`` and would send the
    data to AWS.
    """
    from boto3.s3.transfer import TransferConfig, create_transfer_manager

    # Limits what waits for the disk during a download to about 25 MB, whatever the size of the object.
    settings = TransferConfig(preferred_transfer_client="classic", max_concurrency=4, max_io_queue=100)
    return create_transfer_manager(s3, settings)


def _regions_of_bedrock(session: Session) -> list[str]:
    """Those that this version of boto3 knows, in all partitions."""
    return [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("bedrock", partition_name=partition)
    ]


def _endpoint_of(service: str, endpoint_url: str | None) -> str | None:
    # What botocore itself will do, asked before there is a client: settings depend on it.
    variable = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
    return endpoint_url or os.environ.get(variable) or os.environ.get("AWS_ENDPOINT_URL")


def _is_loopback(url: str) -> bool:
    """Whether a URL names this machine itself."""
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def _settings_for(service: str, endpoint: str | None, limit: float) -> Config:
    from botocore.config import Config

    # `burnish.aws.retries` does the retries, except for S3: a transfer consists of many calls inside of
    # boto3.
    settings: dict[str, Any] = {
        "max_pool_connections": CONNECTIONS,
        "retries": {"total_max_attempts": 1},
        "connect_timeout": min(CONNECT_SECONDS, limit),
        "read_timeout": limit,
    }
    if service == "s3":
        settings |= {"retries": {"mode": "standard", "total_max_attempts": S3_TRIES}}
    if service == "s3" and endpoint:
        # A bucket's name as a subdomain needs DNS that only AWS has.
        settings |= {"s3": {"addressing_style": "path"}}
    if endpoint and _is_loopback(endpoint):
        # A proxy of the environment cannot reach this machine's loopback address.
        settings |= {"proxies": {}}
    if endpoint and endpoint.startswith("http://"):
        # With AWS_BEARER_TOKEN_BEDROCK in the environment botocore would refuse a plain-HTTP endpoint.
        settings |= {"auth_scheme_preference": "sigv4"}
    return Config(**settings)
