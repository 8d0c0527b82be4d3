"""The networks, one file each, and the file that a trained one is kept in."""
