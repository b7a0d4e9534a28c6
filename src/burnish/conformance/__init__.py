"""A suite that tells how much of AWS's behaviour a server has: Bedrock, Bedrock Runtime, S3, IAM and STS.

It runs against any endpoint that speaks their protocols, AWS included: `burnish conformance`.
"""
