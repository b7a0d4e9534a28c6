"""`burnish evaluate` and `burnish compare`."""
