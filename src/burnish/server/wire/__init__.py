"""The wire: whose request it is, what it asks for, and the answer in the protocol of its service."""
