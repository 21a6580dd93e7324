"""A web page that shows the predictions for an image."""

from .server import Limits, serving

PACKAGES = ('gradio', 'plotly')
"""Packages that the page needs besides the package's own requirements."""

__all__ = ['PACKAGES', 'Limits', 'serving']
