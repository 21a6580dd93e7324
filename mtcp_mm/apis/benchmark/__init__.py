"""Measuring what networks and their data cost."""
