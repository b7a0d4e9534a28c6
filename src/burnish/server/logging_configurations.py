"""Where each region logs the invocations of models, as PutModelInvocationLoggingConfiguration was told."""

from __future__ import annotations

import msgspec

from burnish.server.databases import Database

#: Bedrock writes an empty object of this name to see that it may write.
PERMISSION_CHECK = "amazon-bedrock-logs-permission-check"


class LogBucket(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A bucket, and what the keys in it begin with."""

    bucket_name: str
    key_prefix: str = ""


class LoggingConfiguration(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where invocations are logged, and of which kinds of data the content is; later versions read it."""

    s3_config: LogBucket
    text_data_delivery_enabled: bool = True
    image_data_delivery_enabled: bool = True
    embedding_data_delivery_enabled: bool = True
    video_data_delivery_enabled: bool = True
    audio_data_delivery_enabled: bool = True

    def folder(self, *, account_id: str, region: str) -> str:
        """The folder in S3 that a region logs to, as AWS lays it out."""
        prefix = f"{self.s3_config.key_prefix.strip('/')}/" if self.s3_config.key_prefix.strip("/") else ""
        path = f"{prefix}AWSLogs/{account_id}/BedrockModelInvocationLogs/{region}"
        return f"s3://{self.s3_config.bucket_name}/{path}"


class LoggingConfigurations:
    """The configurations of all regions, kept in a database and in memory: every invocation asks for one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_region = {
            str(row["region"]): msgspec.json.decode(row["configuration"], type=LoggingConfiguration)
            for row in database.rows("select region, configuration from logging_configurations")
        }

    def get(self, region: str) -> LoggingConfiguration | None:
        """What a region logs; None where it does not."""
        return self._by_region.get(region)

    def put(self, region: str, configuration: LoggingConfiguration) -> None:
        """Have a region log its invocations from now on."""
        with self._database.change():
            self._database.execute(
                "insert or replace into logging_configurations values (?, ?)",
                region,
                msgspec.json.encode(configuration).decode(),
            )
        self._by_region[region] = configuration

    def delete(self, region: str) -> None:
        """End the logging of a region."""
        with self._database.change():
            self._database.execute("delete from logging_configurations where region = ?", region)
        self._by_region.pop(region, None)
