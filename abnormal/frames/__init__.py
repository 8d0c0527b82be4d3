"""`img/` on disk, and which of its frames make a clip."""
