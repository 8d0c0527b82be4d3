"""Writes what people look at: tables, plots, pictures, videos and the page."""
