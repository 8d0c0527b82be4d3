"""Cameras that do not stop: scored as their frames come, and events told while they go on."""
