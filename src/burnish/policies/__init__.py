"""IAM policy documents: read by one parser, checked against IAM's grammar, and evaluated by one engine."""
