"""Exported networks in place of a config and its checkpoint."""

from .engines import DEFAULT_ENGINE, ENGINES, Run, open_engine
from .exported_backbone import ExportedBackbone
from .exported_head import ExportedHead
from .model import exported_config, exported_model, is_exported

__all__ = [
    'DEFAULT_ENGINE', 'ENGINES', 'ExportedBackbone', 'ExportedHead', 'Run', 'exported_config', 'exported_model',
    'is_exported', 'open_engine',
]  # fmt: skip
