"""Preparing data sets for training, and checking them."""
