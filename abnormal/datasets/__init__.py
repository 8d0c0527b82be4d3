"""Readers of data sets, one file for each layout on disk. Each gives a list of `SourceVideo`."""
