"""`burnish review`: deciding what a model was unsure of, and what becomes of the decisions."""
