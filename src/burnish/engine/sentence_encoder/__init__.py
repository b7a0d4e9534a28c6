"""A sentence encoder as a kind of model: vectors of chunks of a page, and small regressions on them."""
