"""Runs one task for each of many videos: in threads, in processes, or on a scheduler's workers."""
