"""Draws surveillance footage of a street: one fixed camera, people, and abnormal events."""
