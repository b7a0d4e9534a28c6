"""The engine: reads pages, trains adapters on open weights, answers with them.

It knows files and numbers, not requests, stores or S3: those stay in `burnish.server`.
"""
