"""The three programs: parsers and `main()`."""
