"""Which commands need more than the client alone."""

from __future__ import annotations

#: The extra that installs what a command needs in addition to the client.
EXTRAS = {
    "audit": "audit",
    "classify": "datasets",
    "compare": "evaluation",
    "demo": "demo",
    "evaluate": "evaluation",
    "export": "datasets",
    "keys": "server",
    "ladder": "demo",
    "samples": "samples",
    "serve": "local",
    "ui": "ui",
    "weights": "local",
}
