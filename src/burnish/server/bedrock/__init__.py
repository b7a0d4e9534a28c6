"""Bedrock and Bedrock Runtime: what the server does for each operation, by what it is about."""
