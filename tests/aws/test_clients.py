import pytest

from burnish.aws import clients
from burnish.aws.clients import AccessKey, open_clients
from burnish.errors import InvalidConfig

KEY = AccessKey(access_key_id="AKIAEXAMPLE", secret_access_key="very-secret")
LOCAL = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch, tmp_path):
    for name in (
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_PROFILE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def opened(**settings):
    return open_clients(**{"region": "us-east-1", "endpoint_url": LOCAL, "credentials": KEY} | settings)


def test_a_client_is_made_once():
    ours = opened()
    assert ours.bedrock is ours.bedrock
    assert ours.bedrock is not ours.bedrock_runtime


def test_calls_of_models_are_never_repeated_and_may_take_an_hour():
    config = opened().bedrock_runtime.meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.read_timeout == 3600


@pytest.mark.parametrize("name", ["bedrock", "bedrock_runtime", "s3", "iam", "sts"])
def test_every_client_goes_to_the_endpoint_with_enough_connections(name):
    meta = getattr(opened(), name).meta
    assert meta.endpoint_url == LOCAL
    assert meta.config.max_pool_connections == 50


def test_a_local_endpoint_is_reached_by_path_and_by_signature():
    config = opened().s3.meta.config
    assert config.s3["addressing_style"] == "path"
    assert config.auth_scheme_preference == "sigv4"


def test_aws_itself_is_reached_in_its_own_way():
    config = opened(endpoint_url=None).s3.meta.config
    assert not config.s3
    assert config.auth_scheme_preference is None


def test_the_environment_names_the_endpoint(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", LOCAL)
    s3 = opened(endpoint_url=None).s3
    assert s3.meta.endpoint_url == LOCAL
    assert s3.meta.config.s3["addressing_style"] == "path"


def test_a_bearer_token_does_not_keep_us_from_a_plain_endpoint(monkeypatch):
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "token")
    assert opened().bedrock.meta.config.signature_version == "v4"


def test_the_region_is_the_one_given_or_that_of_the_environment(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    assert opened(region=None).region == "us-west-2"
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert opened(region=None).region == "eu-west-1"
    assert opened().region == "us-east-1"


def test_without_a_region_there_is_an_error_that_says_so():
    with pytest.raises(InvalidConfig, match="AWS_REGION"):
        _ = opened(region=None).bedrock


def test_large_objects_never_take_the_road_that_forgets_the_endpoint():
    with clients.transfers(open_clients(region="us-east-1").s3) as transfers:
        assert type(transfers).__module__ == "s3transfer.manager"
        assert transfers.config.preferred_transfer_client == "classic"


def test_a_secret_is_not_shown():
    assert "very-secret" not in repr(KEY)


def test_no_proxy_is_asked_for_a_server_on_this_machine(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert proxies_of(opened().bedrock) == {}
    assert proxies_of(opened(endpoint_url="http://localhost:9").s3) == {}


def test_the_proxy_of_the_environment_is_asked_for_every_other_endpoint(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    elsewhere = opened(endpoint_url="http://burnish.example:9").bedrock
    assert proxies_of(elsewhere)["http"] == "http://proxy.example:3128"


def proxies_of(client):
    return client._endpoint.http_session._proxy_config._proxies
