"""A server on this machine: found where it already runs, or started for the time that a program needs it."""
