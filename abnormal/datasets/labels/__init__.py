"""Readers of labels in the formats in which people publish them. Each gives an `Annotation`."""
