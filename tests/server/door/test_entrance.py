"""Where a server may be entered: from this machine, or over TLS, or knowingly without."""

import pytest

from burnish.errors import CannotStart
from burnish.server.door.entrance import entrance_of

EVERYWHERE = "0.0.0.0"  # noqa: S104  nothing is bound to it
OPEN = [EVERYWHERE, "", "::", "0", "0x0.0", "192.0.2.1", "::ffff:0.0.0.0"]
LOOPBACK = ["127.0.0.1", "localhost", "::1", "127.1", "127.8.9.10", "::ffff:127.0.0.1"]


@pytest.mark.attack(
    "Connections",
    "`burnish serve --host 0.0.0.0`, or any other spelling of an address that other machines reach",
    "the server does not start without TLS or --insecure",
)
@pytest.mark.parametrize("host", OPEN)
def test_other_machines_may_connect_only_over_tls_or_knowingly(host, certificate):
    with pytest.raises(CannotStart, match=r"--tls-cert.*--insecure"):
        entrance_of(host, 0)
    assert entrance_of(host, 0, is_insecure=True).is_open_and_plain
    assert not entrance_of(host, 0, certificate=certificate[0], key=certificate[1]).is_open_and_plain


@pytest.mark.parametrize("host", LOOPBACK)
def test_this_machine_may_always_connect(host):
    assert not entrance_of(host, 0).is_open_and_plain


def test_what_is_no_host_is_refused_by_name():
    with pytest.raises(CannotStart, match="'no such host'"):
        entrance_of("no such host", 0)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("localhost", "http://localhost:80"),
        ("::1", "http://[::1]:80"),
        (EVERYWHERE, "http://127.0.0.1:80"),
    ],
)
def test_the_url_is_one_that_clients_of_this_machine_can_use(host, url):
    assert entrance_of(host, 0, is_insecure=True).url(80) == url


@pytest.mark.parametrize(
    ("names", "url"),
    [
        ("DNS:localhost,IP:127.0.0.1", "https://localhost:80"),
        ("IP:127.0.0.1", "https://127.0.0.1:80"),
        ("DNS:*.lan,DNS:gpu.lan", "https://gpu.lan:80"),
    ],
)
def test_the_url_has_a_name_that_the_certificate_has(make_certificate, names, url):
    certificate, key = make_certificate(names)
    assert entrance_of(EVERYWHERE, 0, certificate=certificate, key=key).url(80) == url


def test_a_server_on_ipv6_listens():
    with entrance_of("::1", 0).place.bound() as listening:
        assert listening.getsockname()[0] == "::1"


def test_requests_may_be_for_the_certificates_names_and_further_ones(certificate):
    pem, key = certificate
    entrance = entrance_of(EVERYWHERE, 0, certificate=pem, key=key, further_names=["nas"])
    assert {"localhost", "127.0.0.1", "nas"} <= set(entrance.allowed_hosts)
    assert EVERYWHERE not in entrance.allowed_hosts
