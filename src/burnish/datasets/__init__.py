"""Preparation of data sets: from a folder of labelled documents to training records in S3."""
