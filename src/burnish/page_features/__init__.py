"""Counted features of pages (words, layout, appearance), and small models that learn labels from them.

The audit of a data set uses them, and the engine trains them as a model of its own. No torch, nothing to be
downloaded.
"""
