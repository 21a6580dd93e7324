"""MT-CP: multi-task dense prediction with cross-task coherence, on MMSegmentation."""

from .compat import ensure_mmcv_ext, ensure_mmdet

ensure_mmcv_ext()
ensure_mmdet()

from . import datasets, engine, evaluation, models, structures, tasks, visualization  # noqa: E402
from .version import __version__  # noqa: E402

__all__ = ['__version__', 'datasets', 'engine', 'evaluation', 'models', 'structures', 'tasks', 'visualization']
