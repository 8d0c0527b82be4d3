"""The networks, one file each, and the model file that stores a trained network."""
