"""The log of invocations: what models were asked and have answered, delivered to S3 as AWS delivers it."""
