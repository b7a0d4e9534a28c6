"""A job as a folder: what whoever trains is given, and what it writes. Only the server has a database."""
