"""Writes and reads the frames under `img/`, and cuts frames into clips."""
