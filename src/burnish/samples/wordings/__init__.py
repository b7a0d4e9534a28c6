"""What sample documents say: for each kind the fixed words of its two sides, which share none."""
