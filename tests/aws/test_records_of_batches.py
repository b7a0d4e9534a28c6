"""The files of batches, in a real S3 server."""

import base64
import json

import pytest

from burnish.aws import batch_records
from burnish.aws.batch_records import InputRecord, answers_of, upload_records
from burnish.aws.batches import BatchJob, BatchStatus
from burnish.aws.objects import list_objects, read_bytes, upload_bytes
from burnish.errors import InvalidRecords


def records(count):
    for number in range(count):
        content = [{"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}}]
        yield InputRecord(record_id=f"page-{number}", model_input={"messages": [{"content": content}]})


def test_requests_are_written_with_their_bytes_as_json_has_them(s3, s3_folder):
    written = upload_records(s3, f"{s3_folder}/requests", records(2))
    assert (written.uri, written.records, written.files) == (f"{s3_folder}/requests/", 2, 1)
    lines = read_bytes(s3, s3_folder.child("requests/0000.jsonl")).splitlines()
    first = json.loads(lines[0])
    image = first["modelInput"]["messages"][0]["content"][0]["image"]
    assert first["recordId"] == "page-0"
    assert base64.b64decode(image["source"]["bytes"]) == b"\x89PNG"
    assert written.size == sum(len(line) + 1 for line in lines)


@pytest.mark.parametrize(("limit", "value"), [("MOST_RECORDS_IN_FILE", 2), ("MOST_BYTES_IN_FILE", 300)])
def test_a_file_that_is_full_is_followed_by_another(s3, s3_folder, monkeypatch, limit, value):
    monkeypatch.setattr(batch_records, limit, value)
    written = upload_records(s3, f"{s3_folder}/requests", records(5))
    assert (written.records, written.files) == (5, 3)
    lines = [read_bytes(s3, uri).splitlines() for uri in list_objects(s3, s3_folder.child("requests/"))]
    assert [json.loads(line)["recordId"] for file in lines for line in file] == [
        f"page-{n}" for n in range(5)
    ]


def test_a_record_that_no_file_has_room_for_is_named(s3, s3_folder, monkeypatch):
    monkeypatch.setattr(batch_records, "MOST_BYTES_IN_FILE", 10)
    with pytest.raises(InvalidRecords, match="'page-0' has"):
        upload_records(s3, f"{s3_folder}/requests", records(1))


def test_a_batch_without_records_is_refused(s3, s3_folder):
    with pytest.raises(InvalidRecords, match="no records"):
        upload_records(s3, f"{s3_folder}/requests", [])


@pytest.fixture
def job(s3_folder):
    return BatchJob(
        job_arn="arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghijkl",
        job_name="pages",
        status=BatchStatus.COMPLETED,
        output_uri=str(s3_folder),
    )


def test_answers_and_errors_are_read_from_every_file_but_the_manifest(s3, s3_folder, job):
    folder = s3_folder.child("abcdefghijkl")
    answered = b'{"recordId": "a", "modelInput": {}, "modelOutput": {"stopReason": "end_turn"}}\n'
    failed = b'{"modelInput": {}, "recordId": "b", "error": {"errorCode": 400, "errorMessage": "Too long"}}\n'
    upload_bytes(s3, folder.child("0000.jsonl.out"), answered)
    upload_bytes(s3, folder.child("0001.jsonl.out"), failed)
    upload_bytes(s3, folder.child("manifest.json.out"), b'{"totalRecordCount": 2}')
    first, second = answers_of(s3, job)
    assert (first.record_id, first.output, first.error_code) == ("a", {"stopReason": "end_turn"}, None)
    assert (second.record_id, second.output) == ("b", None)
    assert (second.error_code, second.error_message) == (400, "Too long")


def test_a_line_that_is_no_answer_is_named_with_its_file(s3, s3_folder, job):
    upload_bytes(s3, s3_folder.child("abcdefghijkl/0000.jsonl.out"), b'{"modelOutput": {}}\n')
    with pytest.raises(InvalidRecords, match=r"0000\.jsonl\.out, line 1: this is no answer of a batch"):
        list(answers_of(s3, job))
