"""What h2 makes of frames, but for two things in which a server has to do otherwise."""

from __future__ import annotations

from h2.connection import H2Connection
from h2.events import ConnectionTerminated, Event
from hyperframe.frame import Frame, GoAwayFrame


class Http2Frames(H2Connection):
    """The state of one connection of HTTP/2."""

    # By default h2 remembers 65,536 streams of each connection after their end.
    MAX_CLOSED_STREAMS = 1024

    def _receive_goaway_frame(self, frame: GoAwayFrame) -> tuple[list[Frame], list[Event]]:
        # h2 would send nothing from here on. But a client only says that it will not ask again, as the SDK
        # for JavaScript does while a stream arrives: what it has asked for is still to be answered.
        return [], [ConnectionTerminated()]
