"""A tuned model as files: its manifest, its card, and tensors that are checked before they are read."""
