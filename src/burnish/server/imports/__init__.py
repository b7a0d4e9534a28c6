"""Models from elsewhere: fetched from S3, checked as what a stranger has written, and loaded."""
