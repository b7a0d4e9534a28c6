import os

from burnish.server.log_folder import trim_logs


def test_a_log_that_grows_too_large_begins_anew_under_those_who_write_it(tmp_path):
    log = tmp_path / "objects.log"
    with log.open("ab", buffering=0) as writing:
        for number in range(100):
            writing.write(b"line %03d\n" % number)
        trim_logs(tmp_path, log_bytes=450)
        writing.write(b"and on\n")
    assert log.read_bytes() == b"and on\n"
    kept = (tmp_path / "objects.log.1").read_text().splitlines()
    assert kept == [f"line {number:03d}" for number in range(50, 100)]


def test_a_log_of_usual_size_is_left_alone(tmp_path):
    log = tmp_path / "inference.log"
    log.write_text("all is well\n")
    trim_logs(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["inference.log"]
    assert log.read_text() == "all is well\n"


def test_the_oldest_logs_go_where_all_together_are_too_large(tmp_path):
    for age, name in enumerate(["job-c.log", "job-b.log", "job-a.log"]):
        (tmp_path / name).write_text("x" * 100)
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    trim_logs(tmp_path, folder_bytes=250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job-b.log", "job-c.log"]
