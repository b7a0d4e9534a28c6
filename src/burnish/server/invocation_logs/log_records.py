"""A line of the log, and the objects beside it: what is too large for a line, and what is no text.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
"""

from __future__ import annotations

import base64
import binascii
import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from burnish.server.invocation_logs.invocations import Invocation, LoggedUsage
from burnish.server.wire import rest_json
from burnish.server.wire.schema import members_at, operation_model

JSON = "application/json"
#: A body of more bytes is an object of its own.
MOST_IN_A_LINE = 100 * 1024
#: The members that hold bytes, in the request of Converse and in families' formats.
_MEDIA_MEMBERS = ("bytes", "data")


@dataclass(kw_only=True)
class LogRecord:
    """What one invocation comes to: its line, and the objects that the line names, by their URIs."""

    line: bytes = b""
    objects: dict[str, bytes] = field(default_factory=dict)


def record_of(invocation: Invocation, folder: str) -> LogRecord:
    """The record of an invocation, whose objects lie in the ``folder`` of its hour."""
    return _RecordWriter(invocation, folder).record()


class _RecordWriter:
    """Makes the record of one invocation."""

    def __init__(self, invocation: Invocation, folder: str) -> None:
        self._invocation = invocation
        self._configuration = invocation.configuration
        self._prefix = f"{folder}/data/{invocation.call.request_id}"
        self._record = LogRecord()
        self._media = 0

    def record(self) -> LogRecord:
        """The record."""
        call = self._invocation.call
        output, usage = self._invocation.output()
        members = {
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
            "timestamp": f"{self._invocation.at:%Y-%m-%dT%H:%M:%SZ}",
            "accountId": call.caller.account_id,
            "identity": {"arn": call.caller.principal.arn},
            "region": call.caller.region,
            "requestId": call.request_id,
            "operation": call.operation,
            "modelId": call.parameters["modelId"],
            "errorCode": self._invocation.error_code,
            "input": self._input(usage),
            "output": self._output(output, usage),
            "requestMetadata": self._metadata(),
        }
        present = {name: value for name, value in members.items() if value is not None}
        self._record.line = msgspec.json.encode(present) + b"\n"
        return self._record

    def _input(self, usage: LoggedUsage | None) -> dict[str, Any]:
        counts = {
            "inputTokenCount": usage and usage.input,
            "cacheReadInputTokenCount": usage and usage.cache_read,
            "cacheWriteInputTokenCount": usage and usage.cache_write,
        }
        known = {name: count for name, count in counts.items() if count is not None}
        return {
            "inputContentType": JSON,
            **self._body("input", self._without_media(self._request())),
            **known,
        }

    def _output(self, output: Any, usage: LoggedUsage | None) -> dict[str, Any] | None:  # noqa: ANN401  # JSON
        if output is None:
            return None
        counted = {"outputTokenCount": usage.output} if usage else {}
        return {"outputContentType": JSON, **self._body("output", output), **counted}

    def _request(self) -> Any:  # noqa: ANN401  # JSON
        """The body of the request, without media; None for one that is no JSON, or nests too deeply."""
        try:
            return self._without_media(msgspec.json.decode(self._request_body()))
        except (ValueError, RecursionError):
            return None

    def _request_body(self) -> bytes:
        call = self._invocation.call
        shape = operation_model(call.service, call.operation).input_shape
        if "body" in shape.members:
            return bytes(call.parameters.get("body") or b"")
        return rest_json.json_bytes(shape, call.parameters, only=members_at(shape, None))

    def _body(self, side: str, content: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
        if content is None or not self._configuration.text_data_delivery_enabled:
            return {}
        encoded = msgspec.json.encode(content)
        if len(encoded) <= MOST_IN_A_LINE:
            return {f"{side}BodyJson": msgspec.Raw(encoded)}
        uri = f"{self._prefix}_{side}.json.gz"
        self._record.objects[uri] = gzip.compress(encoded, mtime=0)
        return {f"{side}BodyS3Path": uri}

    def _without_media(self, value: Any) -> Any:  # noqa: ANN401  # JSON
        """The same with images and documents replaced by where they lie."""
        if isinstance(value, list):
            return [self._without_media(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {
            name: self._source(value, inner) if name == "source" else self._without_media(inner)
            for name, inner in value.items()
        }

    def _source(self, block: Mapping[str, Any], source: Any) -> Any:  # noqa: ANN401  # JSON
        member = next((name for name in _MEDIA_MEMBERS if isinstance(source, dict) and name in source), None)
        if member is None or not isinstance(source[member], str):
            return self._without_media(source)
        others = {name: value for name, value in source.items() if name != member}
        if not self._configuration.image_data_delivery_enabled:
            return others
        try:
            content = base64.b64decode(source[member], validate=True)
        except binascii.Error:
            return source
        self._media += 1
        form = str(block.get("format") or source.get("media_type", "").rpartition("/")[2] or "bin")
        uri = f"{self._prefix}_input_{self._media}.{form if form.isalnum() else 'bin'}"
        self._record.objects[uri] = content
        return {**others, "s3Location": {"uri": uri}}

    def _metadata(self) -> Any:  # noqa: ANN401  # JSON
        """What the sender has noted of the request: an object, in a header for InvokeModel."""
        given = self._invocation.call.parameters.get("requestMetadata")
        if not isinstance(given, str):
            return given
        try:
            return msgspec.json.decode(given)
        except (ValueError, RecursionError):
            return given
