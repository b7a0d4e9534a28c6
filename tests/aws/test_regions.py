import pytest

from burnish.aws import regions
from burnish.aws.clients import open_clients
from burnish.errors import InvalidConfig

KNOWN = ["eu-central-1", "eu-central-2", "us-east-1"]


@pytest.fixture(autouse=True)
def no_names(monkeypatch):
    """No host has an address, and no endpoint is set."""

    def unknown(host, port):
        raise OSError(f"{host}:{port} is not known")

    monkeypatch.setattr(regions.socket, "getaddrinfo", unknown)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def test_a_misspelt_region_is_refused_with_the_nearest():
    with pytest.raises(
        InvalidConfig, match=r"no such region\. Did you mean 'eu-central-1' or 'eu-central-2'\?"
    ):
        regions.require_region("eu-cental-9", KNOWN)


def test_a_region_that_is_newer_than_boto3_is_known_by_its_endpoint(monkeypatch):
    asked = []
    monkeypatch.setattr(regions.socket, "getaddrinfo", lambda host, port: [asked.append(host)])
    regions.require_region("mx-central-9", KNOWN)
    assert asked == ["bedrock.mx-central-9.amazonaws.com"]


@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "eu-central-2"])
def test_a_region_of_any_partition_is_known_without_a_look_up(region):
    assert open_clients(region=region).region == region


def test_clients_refuse_a_misspelt_region_before_any_call():
    clients = open_clients(region="eu-cental-9")
    for use in (lambda: clients.region, lambda: clients.bedrock, clients.require_known_region):
        with pytest.raises(InvalidConfig, match="Did you mean 'eu-central-1'"):
            use()


def test_at_an_endpoint_of_its_own_a_region_may_have_any_name():
    clients = open_clients(region="lab-1", endpoint_url="http://127.0.0.1:1")
    clients.require_known_region()
    assert clients.region == "lab-1"


def test_an_endpoint_that_is_set_to_nothing_is_none(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    with pytest.raises(InvalidConfig, match="no such region"):
        open_clients(region="eu-cental-9").require_known_region()
