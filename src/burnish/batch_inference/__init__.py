"""Batch inference for users: what a batch will cost, and its life from its creation to its answers."""
