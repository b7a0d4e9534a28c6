"""Reports on models, and the tables, plots and cards that come with them."""
