"""Ways in: the web chat."""
