"""Layouts on disk, one file each: what people have becomes a list of `SourceVideo`."""
