"""The command line: `burnish …`, one module per command: parse, call, show."""

from burnish.cli.main import main

__all__ = ["main"]
