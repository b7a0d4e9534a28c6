"""What a server says of itself when it starts."""

from __future__ import annotations

import json
import logging
import warnings
from datetime import datetime

import pytest

from burnish.cli.error_messages import ErrorReported
from burnish.cli.log_formats import LogFormat
from burnish.cli.log_options import LogOptions
from burnish.cli.server_messages import server_messages
from burnish.engine.catalogue import DEFAULT_MODEL, MINILM, PAGE_FEATURES
from burnish.server.request_log import RequestLog
from burnish.server.request_record import EndedRequest
from burnish.server.server_file import RunningServer


@pytest.fixture
def welcome(tmp_path, capsys):
    """What a server says that offers these models."""

    def said(*models) -> str:
        server = RunningServer(url="http://127.0.0.1:1", region="us-east-1")
        with server_messages(LogOptions()) as messages:
            messages.welcome(server, tmp_path, models)
        return capsys.readouterr().err

    return said


def test_that_nothing_answers_for_closed_models_is_said_and_what_would(welcome):
    text = welcome(MINILM, PAGE_FEATURES)
    assert "  no stand-ins for closed models: none of these writes text" in text
    assert "--model" in text


def test_what_is_answered_for_closed_models_is_named(welcome):
    text = welcome(DEFAULT_MODEL, MINILM)
    assert "  stand-ins for nova: " in text
    assert "no stand-ins" not in text


AS_JSON = LogOptions(log_format=LogFormat.JSON)


def objects_in(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_in_json_every_line_is_an_object_also_of_libraries_and_warnings(tmp_path, capsys):
    server = RunningServer(url="http://127.0.0.1:1", region="us-east-1")
    with server_messages(AS_JSON) as messages:
        messages.welcome(server, tmp_path, [MINILM])
        logging.getLogger("uvicorn.error").warning("two\nlines")
        warnings.warn("it is old", DeprecationWarning, stacklevel=1)
        messages.warn("other machines can connect")
    told = objects_in(capsys.readouterr().err)
    assert [one["level"] for one in told] == ["INFO", "WARNING", "WARNING", "WARNING", "INFO"]
    assert told[0]["models"] == [MINILM.id]
    assert (told[1]["logger"], told[1]["message"]) == ("uvicorn.error", "two\nlines")
    assert all(datetime.fromisoformat(str(one["time"])).tzinfo for one in told)


def test_in_json_a_request_is_an_object_with_its_facts_and_in_text_it_is_not_told(capsys):
    request = EndedRequest(
        service="bedrock-runtime",
        operation="Converse",
        principal="arn:aws:iam::123456789012:user/jane",
        outcome="success",
        request_id="id",
        status=200,
        seconds_to_answer=0.1,
        seconds=0.25,
    )
    for options in (LogOptions(), AS_JSON):
        with server_messages(options):
            RequestLog().ended(request)
    (told,) = objects_in(capsys.readouterr().err)
    facts = ("request_id", "service", "operation", "status", "duration", "principal")
    assert [told[name] for name in facts] == [
        "id",
        "bedrock-runtime",
        "Converse",
        200,
        0.25,
        "arn:aws:iam::123456789012:user/jane",
    ]


def test_in_json_an_error_of_its_own_has_its_traceback_in_a_field(capsys):
    with pytest.raises(ErrorReported), server_messages(AS_JSON):
        raise ZeroDivisionError
    (told,) = objects_in(capsys.readouterr().err)
    assert told["level"] == "ERROR"
    assert str(told["exception"]).startswith("Traceback")
