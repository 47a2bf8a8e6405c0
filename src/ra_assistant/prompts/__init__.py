"""What the language model is told, in French, in versioned files."""
