"""Decodes, resizes, draws and encodes video, and measures how fast things in it move."""
