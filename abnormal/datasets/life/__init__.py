"""Draws hours of everyday life at several places, and what does not belong there."""
