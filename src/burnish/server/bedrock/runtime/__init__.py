"""Bedrock Runtime: models asked by Converse or in their family's format, answered whole or in pieces.

Whatever the operation, a request becomes a Converse request, which `converse_requests` alone reads.
"""
