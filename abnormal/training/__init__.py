"""Trains a network on normal footage and writes it as a calibrated model file."""
