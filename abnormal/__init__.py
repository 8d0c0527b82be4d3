"""Learns what a camera regularly sees, and says when and where it does not."""

__version__ = "0.1.0"
