"""Calls are repeated where that helps and does no harm, and nowhere else."""

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

from burnish.aws.retries import call, call_deletion, newest_first
from burnish.errors import AccessDenied, CannotConnect, NotFound, Rejected, ServiceUnavailable, Throttled

LOST = ConnectionClosedError(endpoint_url="https://bedrock.us-east-1.amazonaws.com/x")


class Script:
    """An operation that does one thing after another and remembers how it was asked."""

    def __init__(self, *events):
        self.events = list(events)
        self.asked = []

    def __call__(self, **arguments):
        self.asked.append(arguments)
        event = self.events.pop(0)
        if isinstance(event, Exception):
            raise event
        return event


def answer(code, status):
    from botocore.exceptions import ClientError

    about = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(about, "SomeOperation")


THROTTLED = answer("ThrottlingException", 429)
BROKEN = answer("InternalServerException", 500)
GONE = answer("ResourceNotFoundException", 404)


def test_what_passes_by_itself_is_tried_again_with_the_same_arguments(no_pauses):
    operation = Script(THROTTLED, BROKEN, LOST, {"jobArn": "arn"})
    assert call(operation, "start it", clientRequestToken="one") == {"jobArn": "arn"}
    assert operation.asked == [{"clientRequestToken": "one"}] * 4


def test_pauses_grow_and_are_drawn_by_chance(no_pauses):
    call(Script(*[THROTTLED] * 5, {}), "start it")
    bounds = [0.5, 1, 2, 4, 8]
    assert all(most / 2 <= pause <= most for pause, most in zip(no_pauses, bounds, strict=True))
    first = [no_pauses[0]]
    for _ in range(20):
        no_pauses.clear()
        call(Script(THROTTLED, {}), "start it")
        first.append(no_pauses[0])
    assert len(set(first)) > 5


@pytest.mark.parametrize(("error", "kind"), [(THROTTLED, Throttled), (BROKEN, ServiceUnavailable)])
def test_in_the_end_the_error_comes_out(no_pauses, error, kind):
    operation = Script(*[error] * 6)
    with pytest.raises(kind, match="Could not start it"):
        call(operation, "start it")
    assert operation.events == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (answer("AccessDeniedException", 403), AccessDenied),
        (answer("ValidationException", 400), Rejected),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), CannotConnect),
    ],
)
def test_what_does_not_pass_is_not_tried_again(no_pauses, error, kind):
    operation = Script(error, {})
    with pytest.raises(kind):
        call(operation, "start it")
    assert len(operation.asked) == 1


def test_a_deletion_whose_answer_was_lost_counts_as_done(no_pauses):
    call_deletion(Script(LOST, GONE), "delete it")


def test_deleting_what_never_was_there_says_so(no_pauses):
    with pytest.raises(NotFound):
        call_deletion(Script(GONE), "delete it")


def test_a_list_is_read_to_its_end_and_through_a_failure(no_pauses):
    operation = Script({"items": [1, 2], "nextToken": "t"}, BROKEN, {"items": [3]})
    assert list(newest_first(operation, "list it", "items", statusEquals=None, nameContains="n")) == [1, 2, 3]
    asked = {"nameContains": "n", "sortBy": "CreationTime", "sortOrder": "Descending"}
    assert operation.asked == [asked, asked | {"nextToken": "t"}, asked | {"nextToken": "t"}]
