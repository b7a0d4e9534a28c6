"""Which paths of OpenAI's API are answered, and by what."""

from __future__ import annotations

from burnish.server.door.bodies import MIB, BodyLimits, BodyReader
from burnish.server.health import Health
from burnish.server.openai import chat, files, jobs, models
from burnish.server.openai.door import Backend, DoorRoute, OpenAIDoor
from burnish.server.principals import Keys

#: Of the largest file, with what a form adds; of all that arrive at a time on disk.
UPLOADS = BodyLimits(body=files.MAX_FILE + MIB, in_memory=16 * MIB, on_disk=2048 * MIB, arriving=32)
_JOB = "/v1/fine_tuning/jobs/{job}"
ROUTES = tuple(
    DoorRoute(method=method, path=path, answer=answer, takes_upload=answer is files.create)
    for method, path, answer in (
        ("POST", "/v1/files", files.create),
        ("GET", "/v1/files", files.list_files),
        ("GET", "/v1/files/{file_id}", files.retrieve),
        ("GET", "/v1/files/{file_id}/content", files.content),
        ("DELETE", "/v1/files/{file_id}", files.delete),
        ("POST", "/v1/fine_tuning/jobs", jobs.create),
        ("GET", "/v1/fine_tuning/jobs", jobs.list_jobs),
        ("GET", _JOB, jobs.retrieve),
        ("POST", f"{_JOB}/cancel", jobs.cancel),
        ("POST", f"{_JOB}/pause", jobs.pause),
        ("POST", f"{_JOB}/resume", jobs.resume),
        ("GET", f"{_JOB}/events", jobs.events),
        ("GET", f"{_JOB}/checkpoints", jobs.checkpoints),
        ("GET", "/v1/models", models.list_models),
        ("GET", "/v1/models/{model}", models.retrieve),
        ("DELETE", "/v1/models/{model}", models.delete),
        ("POST", "/v1/chat/completions", chat.complete),
    )
)


def openai_door(
    backend: Backend, *, keys: Keys, bodies: BodyReader, uploads: BodyReader, health: Health
) -> OpenAIDoor:
    """The application that answers OpenAI's API."""
    return OpenAIDoor(backend, ROUTES, keys=keys, bodies=bodies, uploads=uploads, health=health)
