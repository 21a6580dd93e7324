"""Shared by the tools: arguments, launching a run, and handling errors."""

from .arguments import (
    add_config_options,
    add_engine,
    add_network_arguments,
    add_workers,
    require_file,
    require_network_files,
    whole_number,
)
from .entry_point import tool
from .launch import add_launch_arguments, build_runner, load_config

__all__ = [
    'add_config_options', 'add_engine', 'add_launch_arguments', 'add_network_arguments', 'add_workers', 'build_runner',
    'load_config', 'require_file', 'require_network_files', 'tool', 'whole_number',
]  # fmt: skip
