"""A teacher that this server does not have, asked by Converse at the operator's endpoint and expense."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from burnish.errors import InvalidInput
from burnish.records import Content, Record
from burnish.server.job_folder.attempt_input import RemoteTeacher
from burnish.server.teacher_endpoint import AWS, TeacherUnavailable

#: How often one prompt is sent until the training says that it waits, and tries again later.
TRIES = 8
READ_SECONDS = 600.0
_WRONG_REQUESTS = range(400, 500)
_THROTTLED, _TIMED_OUT = 429, 408


@dataclass(frozen=True, kw_only=True)
class TeacherAnswer:
    """A teacher's answer, and what it is billed by."""

    text: str
    is_cut_off: bool
    input_tokens: int
    output_tokens: int


class AskedTeacher:
    """A teacher at an endpoint. ``read`` gives the bytes of an image by its URI."""

    def __init__(self, teacher: RemoteTeacher, *, read: Callable[[str], bytes]) -> None:
        self._teacher = teacher
        self._read = read

    def answer(self, record: Record, *, max_tokens: int) -> TeacherAnswer:
        """The likeliest answer to a record without one.

        Raises `InvalidInput` where it is refused, and `TeacherUnavailable` where it may come later.
        """
        answer = self._converse(
            modelId=self._teacher.model,
            messages=[
                {"role": turn.role, "content": [*self._blocks(turn.content)]} for turn in record.messages
            ],
            system=[{"text": block.text} for block in record.system or ()],
            inferenceConfig={"maxTokens": max_tokens, "temperature": 0.0},
        )
        blocks = answer["output"]["message"]["content"]
        return TeacherAnswer(
            text="".join(block.get("text", "") for block in blocks),
            is_cut_off=answer["stopReason"] == "max_tokens",
            input_tokens=answer["usage"]["inputTokens"],
            output_tokens=answer["usage"]["outputTokens"],
        )

    def _blocks(self, content: list[Content]) -> Iterator[Mapping[str, Any]]:
        for block in content:
            if block.text:
                yield {"text": block.text}
            if block.image:
                # The endpoint cannot read the objects of this server.
                body = self._read(block.image.source.s3_location.uri)
                yield {"image": {"format": block.image.format, "source": {"bytes": body}}}

    def _converse(self, **asked: Any) -> Mapping[str, Any]:
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            HTTPClientError,
            NoCredentialsError,
            ProfileNotFound,
        )

        where = f"The teacher {self._teacher.model} at {self._teacher.url}"
        try:
            answer: Mapping[str, Any] = self._client.converse(**asked)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status in _WRONG_REQUESTS and status not in (_THROTTLED, _TIMED_OUT):
                raise InvalidInput(f"{where} refuses a prompt: {error}") from error
            raise TeacherUnavailable(f"{where} does not answer: {error}") from error
        except (NoCredentialsError, ProfileNotFound) as error:
            raise InvalidInput(
                f"{where} cannot be asked ({error}): start the server with credentials in its environment, "
                "or with --teacher-profile"
            ) from error
        except HTTPClientError as error:
            raise TeacherUnavailable(f"{where} does not answer: {error}") from error
        except BotoCoreError as error:
            raise InvalidInput(f"{where} cannot be asked: {error}") from error
        return answer

    @cached_property
    def _client(self) -> Any:
        import botocore.session
        from botocore.config import Config

        endpoint = {} if self._teacher.url == AWS else {"endpoint_url": self._teacher.url}
        return botocore.session.Session(profile=self._teacher.profile).create_client(
            "bedrock-runtime",
            region_name=self._teacher.region,
            config=Config(
                retries={"mode": "adaptive", "total_max_attempts": TRIES},
                read_timeout=READ_SECONDS,
            ),
            **endpoint,
        )
