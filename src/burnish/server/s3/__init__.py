"""S3: the server that keeps the objects, the gateway before it, and objects as a job sees them."""
