"""Everything that Burnish raises, in one tree: what happened, and what to do about it where that is known.

BurnishError
├── InvalidInput (ValueError)            what was given cannot work; nothing was done yet
│   ├── InvalidConfig                    a job, a throughput, an option
│   ├── InputTooLong                     what does not fit into a model's context
│   ├── InvalidDocuments                 a folder of documents
│   │   └── UnreadableDocument           one document whose pages cannot be made into images
│   ├── UnreadableImage                  the bytes of one image that cannot be decoded
│   │   └── TooManyPixels                more than any page has
│   └── InvalidRecords                   a data set: names the file, the line and the remedy
├── ServiceError (RuntimeError)          Bedrock, S3, IAM (or one's own server) answered no
│   ├── AccessDenied (PermissionError)
│   ├── NotFound (LookupError)
│   ├── Conflict                         taken, in use, or not in a state for this
│   ├── Rejected (ValueError)            the service's own validation refused the request
│   ├── QuotaExceeded
│   ├── Throttled
│   └── ServiceUnavailable
├── CannotConnect (ConnectionError)      nobody answers at the endpoint
├── JobFailed (RuntimeError)             a job, a throughput ended in failure; carries its message
├── WaitTimeout (TimeoutError)           the wait is over, the work is not; carries the last state
├── DiskFull (OSError)                   a file could not be written for want of space
├── MissingWeights (FileNotFoundError)   no weights for a model, and how to get them
├── CannotStart (RuntimeError)           a server or a worker did not come up
├── ModelFailed (RuntimeError)           a model of one's own server could not be loaded, or could not answer
└── ModelTimeout (TimeoutError)          a model of one's own server took too long to answer
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from burnish.phrasing import Text, in_terminal


class BurnishError(Exception):
    """The root: catch this to catch everything that Burnish raises on purpose.

    ``message`` says what happened and ``remedy`` what to do about it, where anything can be. The error's text
    is both, with functions to call; ``in_terminal`` has the commands to type in their place.
    """

    def __init__(self, message: str, *, remedy: Text | None = None) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(_joined(message, str(remedy) if remedy else ""))

    @property
    def in_terminal(self) -> str:
        """The text for somebody who types commands."""
        return _joined(self.message, in_terminal(self.remedy or ""))


class InvalidInput(BurnishError, ValueError):
    """What was given cannot work. Nothing has been created or spent."""


class InvalidConfig(InvalidInput):
    """A job, a throughput or an option that cannot work, with all of its problems."""

    def __init__(self, subject: str, problems: Sequence[Text]) -> None:
        self.subject = subject
        self.problems = tuple(problems)
        super().__init__(_listed(subject, map(str, problems)))

    @property
    def in_terminal(self) -> str:
        """The text for somebody who types commands."""
        return _listed(self.subject, map(in_terminal, self.problems))


class InputTooLong(InvalidInput):
    """What does not fit into the context of a model of one's own server."""


class InvalidDocuments(InvalidInput):
    """A folder that holds no usable documents."""


class UnreadableDocument(InvalidDocuments):
    """A document whose pages cannot be made into images; ``reason`` says why.

    ``is_final``: the document is at fault, and reading it again cannot go better.
    """

    def __init__(self, document: str, reason: str, *, is_final: bool = True) -> None:
        self.document = document
        self.reason = reason
        self.is_final = is_final
        super().__init__(f"{document} cannot be read: {reason}")


class UnreadableImage(InvalidInput):
    """The bytes of one image that cannot be decoded; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The image cannot be read: {reason}")


class TooManyPixels(UnreadableImage):
    """An image that is not decoded, because its pixels alone may exhaust the memory."""

    def __init__(
        self, reason: str = "it has more pixels than any page needs, and may have been made to exhaust memory"
    ) -> None:
        super().__init__(reason)


class InvalidRecords(InvalidInput):
    """A data set whose records the service would refuse."""


class ServiceError(BurnishError, RuntimeError):
    """The service answered with an error.

    ``code`` is the service's own name for it and ``service_message`` are its own words, where it said any.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: Text | None = None,
        code: str = "",
        operation: str = "",
        service_message: str = "",
    ) -> None:
        self.code = code
        self.operation = operation
        self.service_message = service_message
        super().__init__(message, remedy=remedy)


class AccessDenied(ServiceError, PermissionError):
    """The credentials are wrong or lack a permission."""


class NotFound(ServiceError, LookupError):
    """No such job, model, role, bucket or object."""


class Conflict(ServiceError):
    """The name is taken, or the resource is in use or in a state that forbids this."""


class Rejected(ServiceError, ValueError):
    """The service's own validation refused the request."""


class QuotaExceeded(ServiceError):
    """A limit of the account is reached."""


class Throttled(ServiceError):
    """Too many requests for now."""


class ServiceUnavailable(ServiceError):
    """The service failed on its own side; the same request may work later."""


class CannotConnect(BurnishError, ConnectionError):
    """Nobody answers at the endpoint."""


class JobFailed(BurnishError, RuntimeError):
    """A job or a throughput ended in failure."""


class WaitTimeout(BurnishError, TimeoutError):
    """The wait is over and the work is not; ``last`` is the last state seen."""

    def __init__(self, message: str, *, last: object, remedy: Text | None = None) -> None:
        self.last = last
        super().__init__(message, remedy=remedy)


class DiskFull(BurnishError, OSError):
    """A file could not be written because the disk is full."""


class MissingWeights(BurnishError, FileNotFoundError):
    """There are no weights for a model on this machine."""


class CannotStart(BurnishError, RuntimeError):
    """A server or a worker did not come up."""


class ModelFailed(BurnishError, RuntimeError):
    """A model could not be loaded, or could not answer a question."""


class ModelTimeout(BurnishError, TimeoutError):
    """A model took longer to answer than the server waits."""


def _joined(message: str, remedy: str) -> str:
    return f"{message} {remedy}" if remedy else message


def _listed(subject: str, problems: Iterable[str]) -> str:
    found = list(problems)
    if len(found) == 1:
        return f"{subject} is not valid: {found[0]}"
    return f"{subject} is not valid:" + "".join(f"\n  - {problem}" for problem in found)
