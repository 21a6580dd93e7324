"""Reading whole data sets, and reporting their content and faults."""

from .inspect_split import SummaryDataset, inspect_split
from .report import build_report
from .sample import Sample, read_sample
from .split_summary import SplitSummary
from .tables import format_report

__all__ = [
    'Sample', 'SplitSummary', 'SummaryDataset', 'build_report', 'format_report', 'inspect_split', 'read_sample',
]  # fmt: skip
