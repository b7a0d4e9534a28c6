"""Batch inference: records read from S3, answered by a model one like the other, and written to S3."""
