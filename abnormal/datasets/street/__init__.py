"""Drawn surveillance footage: one camera, a street, people, and what does not belong there."""
