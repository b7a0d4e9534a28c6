"""IAM and STS: roles, their policies, and who is asking."""
