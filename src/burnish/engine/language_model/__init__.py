"""Causal language models: adapters trained on their answers, labels decided by likelihood, text generated."""
