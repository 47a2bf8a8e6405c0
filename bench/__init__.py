"""Measures that take too long for the test suite; each is a command with its report."""
