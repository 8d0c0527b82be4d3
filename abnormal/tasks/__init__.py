"""A task for each of many videos: in threads, in processes, or on the workers of a scheduler."""
