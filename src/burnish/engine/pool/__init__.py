"""Several models as one: each learns from the same examples, and they decide together."""
