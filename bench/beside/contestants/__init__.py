"""One small module a contestant; each imports its library when it is opened, in its own environment."""
