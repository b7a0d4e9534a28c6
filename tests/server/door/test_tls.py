"""A certificate that does not work is one clear error before anything starts."""

import pytest

from burnish.errors import CannotStart
from burnish.server.door.tls import certificate_of


def test_without_files_there_is_no_tls():
    assert certificate_of(None, None) is None


def test_a_certificate_tells_its_names_and_who_vouches_for_it(make_certificate):
    found = certificate_of(*make_certificate("DNS:gpu.lan,DNS:*.gpu.lan,IP:10.0.0.5"))
    assert found.names == ("gpu.lan", "*.gpu.lan", "10.0.0.5")
    assert found.is_self_signed


def test_one_file_without_the_other_is_refused(certificate):
    for pair in [(certificate[0], None), (None, certificate[1])]:
        with pytest.raises(CannotStart, match="give both"):
            certificate_of(*pair)


@pytest.mark.attack(
    "Connections", "a TLS key that other users of the machine can read", "the server does not start"
)
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_key_that_others_can_read_is_refused_with_the_remedy(make_certificate, mode):
    certificate, key = make_certificate()
    key.chmod(mode)
    with pytest.raises(CannotStart, match=f"{mode:04o}.*chmod 600"):
        certificate_of(certificate, key)


def test_a_missing_file_is_named(certificate, tmp_path):
    with pytest.raises(CannotStart, match=r"--tls-cert .*none.pem.*No such file"):
        certificate_of(tmp_path / "none.pem", certificate[1])
    with pytest.raises(CannotStart, match=r"--tls-key .*none.pem.*No such file"):
        certificate_of(certificate[0], tmp_path / "none.pem")


def test_a_folder_is_no_certificate(certificate, tmp_path):
    with pytest.raises(CannotStart, match=r"--tls-cert .* cannot be read"):
        certificate_of(tmp_path, certificate[1])


def test_the_key_of_another_certificate_is_refused(certificate, make_certificate):
    _, other = make_certificate()
    with pytest.raises(CannotStart, match="is not that of the certificate"):
        certificate_of(certificate[0], other)


def test_an_encrypted_key_is_refused_without_asking(make_certificate):
    with pytest.raises(CannotStart, match=r"encrypted.*openssl pkey"):
        certificate_of(*make_certificate(passphrase="secret"))


@pytest.mark.parametrize("content", [b"", b"no PEM", bytes(range(256))])
def test_what_is_no_pem_is_refused(certificate, tmp_path, content):
    bad = tmp_path / "bad.pem"
    bad.write_bytes(content)
    bad.chmod(0o600)
    for pair in [(bad, certificate[1]), (certificate[0], bad)]:
        with pytest.raises(CannotStart, match="PEM"):
            certificate_of(*pair)


def test_a_certificate_out_of_date_is_refused(expired_certificate):
    with pytest.raises(CannotStart, match="refused by clients: certificate has expired"):
        certificate_of(*expired_certificate)
