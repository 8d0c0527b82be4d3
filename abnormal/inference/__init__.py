"""A model over a video: frames to clips to residuals to scores."""
