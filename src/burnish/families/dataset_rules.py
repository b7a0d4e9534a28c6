"""What a service requires of a data set: its schema, and the limits on everything in it."""

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
    #: ``{"input": "…"}``: text alone, to go on with pre-training.
    PLAIN_TEXT = "plain-text"
    #: ``{"image-ref": "s3://…", "caption": "…"}``.
    IMAGE_CAPTION = "image-caption"
    #: ``{"messages": [{"role": "system", "content": "…"}, …]}``: OpenAI's, for its second door.
    OPENAI_CHAT = "openai-chat"
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
    #: For estimates of the number of tokens.
    #: 6 is what AWS's guide plans with.
    characters_per_token: int = 6
    #: False where a record may be a question only, which the teacher model answers (distillation).
    needs_answers: bool = True
    #: Of one record.
    max_system_texts: int | None = None
    #: Of one record; 0 for text-only models.
    max_images: int | None = 0
    max_image_bytes: int | None = None
    image_formats: tuple[str, ...] = ("png", "jpeg", "gif", "webp")
    #: The shortest and the longest side that an image may have, in pixels.
    image_sides: tuple[int, int] | None = None
    #: Of one record.
    max_videos: int = 0
    max_video_bytes: int | None = None
    video_formats: tuple[str, ...] = ("mov", "mkv", "mp4", "webm")
    #: Of one record.
    max_documents: int = 0
    max_document_bytes: int | None = None
    document_formats: tuple[str, ...] = ("pdf",)
    takes_reasoning: bool = False
    takes_tools: bool = False
    #: Words that make a job fail if they occur in a prompt or an answer, in any case.
    reserved_words: tuple[str, ...] = ()
    #: The characters that keys may contain besides letters, digits and slashes.
    key_punctuation: str = "-!_*'()."
    #: The suffix that names of record files must have.
    file_suffix: str = ""
    #: The subject of messages about what can be read.
    reader: str = "the model reads"

    @property
    def reads(self) -> str:
        """What can be read, in words: "the model reads text and images"."""
        kinds = [
            "text",
            *(f"{kind}s" for kind in ("image", "video", "document") if self.max_count(kind) != 0),
        ]
        *others, last = kinds
        return f"{self.reader} {', '.join(others)} and {last}" if others else f"{self.reader} {last} only"

    def max_count(self, kind: str) -> int | None:
        """The maximum number of media of a kind in one record."""
        return {"image": self.max_images, "video": self.max_videos, "document": self.max_documents}[kind]

    def max_bytes(self, kind: str) -> int | None:
        """The maximum size of a medium of a kind."""
        sizes = {"image": self.max_image_bytes, "video": self.max_video_bytes}
        return {**sizes, "document": self.max_document_bytes}[kind]

    def formats(self, kind: str) -> tuple[str, ...]:
        """The formats that media of a kind may have."""
        formats = {"image": self.image_formats, "video": self.video_formats}
        return {**formats, "document": self.document_formats}[kind]
