"""Processes of this machine: who they are, what they say to each other, and that none outlives its parent."""
