"""Pixels in and out: a file or a folder of pictures becomes frames with times."""
