"""Preparing on a cluster: the reading, in shards of about a thousand documents, on the machines of Ray.

Keys travel to the machines, and documents and pages only between them and S3. What a shard has found out is
an object whose name is a hash of what it was asked, so that an interrupted run goes on where it stopped. The
driver keeps what is known of documents in a file, decides by the rules of `burnish.datasets.splitting`, and
writes the same bytes as `burnish.datasets.prepare` does on one machine.
"""
