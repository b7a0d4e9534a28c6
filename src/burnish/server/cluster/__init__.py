"""Jobs on the machines of a Ray cluster: what starts them there, and what works with them on a node."""
