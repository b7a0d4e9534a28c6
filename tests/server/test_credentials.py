"""A server's access key: made once, kept safe, read thereafter."""

import logging

import pytest

from burnish.errors import CannotStart, NotFound
from burnish.server.credentials import credentials_at, load_or_create_credentials


def test_the_first_start_makes_a_key_and_the_next_reads_it(tmp_path):
    data = tmp_path / "new" / "data"
    made = load_or_create_credentials(data, account_id="210987654321")
    assert made.account_id == "210987654321"
    assert load_or_create_credentials(data) == made
    assert credentials_at(data) == made


def test_a_key_looks_like_one_of_aws_and_no_two_are_the_same(tmp_path):
    keys = [load_or_create_credentials(tmp_path / name) for name in "ab"]
    assert all(key.access_key.startswith("AKIA") and len(key.access_key) == 20 for key in keys)
    assert all(len(key.secret_key) == 40 for key in keys)
    assert keys[0].access_key != keys[1].access_key
    assert keys[0].secret_key != keys[1].secret_key


def test_only_the_owner_can_read_the_file_and_nothing_else_is_left(tmp_path):
    load_or_create_credentials(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["credentials.json"]
    assert (tmp_path / "credentials.json").stat().st_mode & 0o777 == 0o600


def test_a_folder_without_a_key_is_named_with_the_remedy(tmp_path):
    with pytest.raises(NotFound, match=r"credentials\.json does not exist.*`burnish serve`"):
        credentials_at(tmp_path)


def test_a_broken_file_is_named_with_the_remedy(tmp_path):
    (tmp_path / "credentials.json").write_text("{}")
    with pytest.raises(CannotStart, match=r"credentials\.json holds no credentials.*delete it"):
        load_or_create_credentials(tmp_path)


def test_the_secret_is_neither_logged_nor_shown(tmp_path, caplog):
    with caplog.at_level(logging.DEBUG):
        made = load_or_create_credentials(tmp_path)
    assert made.secret_key not in repr(made)
    assert made.secret_key not in caplog.text
