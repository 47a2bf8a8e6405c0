"""The assistant beside other ways to search, in one run: `python -m bench.beside`, or `make bench`."""
