"""Converts Mask2Former checkpoints of other projects to the names of ``Mask2FormerBackbone``."""

from .conversion import Conversion, convert, convert_checkpoint, recognize
from .reading import read_tensors
from .report import format_report
from .sizes import Sizes, measure

__all__ = [
    'Conversion', 'Sizes', 'convert', 'convert_checkpoint', 'format_report', 'measure', 'read_tensors', 'recognize',
]  # fmt: skip
