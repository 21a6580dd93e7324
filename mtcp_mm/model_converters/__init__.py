"""Converts checkpoints of other projects, and checkpoints for publishing."""
