"""Figures of a running server for Prometheus: `burnish serve --metrics-port`."""
