"""`burnish demo`: the whole life of a fine-tuned model, on this machine."""
