"""From a clip and its reconstruction to one number per frame; NumPy and SciPy only."""
