"""Watches cameras: frames are scored as they arrive, and events are reported while they go on."""
