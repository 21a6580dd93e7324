"""Checkpoints of other projects and checkpoints for publishing."""
