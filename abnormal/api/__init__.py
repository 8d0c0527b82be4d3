"""The Python interface, which `docs/PYTHON.md` describes with examples.

Nothing heavy is imported before a function is called. These functions and the command line programs
are built on the same functions.
"""
