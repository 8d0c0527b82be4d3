"""The three programs: their command line parsers and `main()` functions."""
