"""A page that shows in a browser what a network says of an image."""

from .server import Limits, serving

PACKAGES = ('gradio', 'plotly')
"""What the page needs besides the package's own requirements."""

__all__ = ['PACKAGES', 'Limits', 'serving']
