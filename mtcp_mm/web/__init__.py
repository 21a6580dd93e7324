"""A page that shows in a browser what a network says of a picture."""

from .packages import require_packages
from .server import Limits, serving

__all__ = ['Limits', 'require_packages', 'serving']
