"""What a data set must keep to, so that a service takes it: its schema, and how much of everything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RecordSchema(StrEnum):
    """The shape of a line of JSONL."""

    #: System text and turns of text, images or video: ``{"schemaVersion": …, "system": …, "messages": …}``.
    CONVERSATION = "bedrock-conversation-2024"
    #: ``{"system": "…", "messages": [{"role": "user", "content": "…"}, …]}``: strings only.
    CLAUDE_MESSAGES = "claude-messages"
    #: ``{"prompt": "…", "completion": "…"}``.
    PROMPT_COMPLETION = "prompt-completion"
    #: ``{"image-ref": "s3://…", "caption": "…"}``.
    IMAGE_CAPTION = "image-caption"
    #: ``{"messages": […], "reference_answer": …}``, for reinforcement fine-tuning.
    REINFORCEMENT = "reinforcement"


@dataclass(frozen=True, kw_only=True)
class DatasetRules:
    """The rules of one way to tune one model. None means that no limit is documented."""

    schema: RecordSchema = RecordSchema.CONVERSATION
    min_records: int = 1
    #: Training and validation records together.
    max_records: int = 20_000
    min_validation_records: int = 1
    #: 0 where no validation data are taken.
    max_validation_records: int | None = None
    #: Of one record, question and answer together.
    max_tokens: int | None = None
    #: Of one record; 0 for models that do not see.
    max_images: int | None = 0
    max_image_bytes: int | None = None
    #: The shortest and the longest side that an image may have, in pixels.
    image_sides: tuple[int, int] | None = None
    #: Of one record.
    max_videos: int = 0
    max_video_bytes: int | None = None
    max_video_seconds: int | None = None
    #: Words that make a job fail where they stand in what is asked.
    reserved_words: tuple[str, ...] = ()
