"""A certificate that nobody should trust any more."""

import subprocess

import pytest

AUTHORITY = """
[ca]
default_ca = ours
[ours]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = names
[names]
commonName = supplied
"""


@pytest.fixture
def expired_certificate(tmp_path):
    """A certificate that was good for a day in 2020, and its key."""
    (tmp_path / "ca.conf").write_text(AUTHORITY)
    (tmp_path / "index.txt").touch()
    (tmp_path / "serial").write_text("01")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem"]
    day = ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"]
    ours = ["-config", "ca.conf", "-keyfile", "key.pem", "-in", "asked.pem", "-out", "cert.pem"]
    for command in (
        ["req", "-new", *key, "-out", "asked.pem", "-subj", "/CN=test"],
        ["ca", "-batch", "-selfsign", "-notext", *ours, *day],
    ):
        subprocess.run(["openssl", *command], check=True, capture_output=True, cwd=tmp_path)
    (tmp_path / "key.pem").chmod(0o600)
    return tmp_path / "cert.pem", tmp_path / "key.pem"
