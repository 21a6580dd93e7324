"""The test pipeline of a config, for images that are already loaded."""

from mmengine.config import Config
from mmengine.dataset import Compose
from mmseg.registry import TRANSFORMS

from mtcp_mm.datasets.transforms.pipeline_check import check_inference
from mtcp_mm.utils import ConfigError, find_type


def build_pipeline(cfg: Config) -> Compose:
    """Builds the steps of the test pipeline that act on a loaded image.

    Raises:
        ConfigError: There is no test pipeline, or it has steps that predictions do not undo; see
            :func:`check_inference`.
    """
    steps = [(TRANSFORMS.build(step), loads(step)) for step in test_steps(cfg)]
    check_inference(Compose([step for step, _ in steps]), [step for step, loading in steps if loading])
    return Compose([step for step, loading in steps if not loading])


def image_steps(cfg: Config) -> list[dict]:
    """Returns the steps of the test pipeline that act on a loaded image: all but those that load it or its targets.

    Raises:
        ConfigError: There is no test pipeline.
    """
    return [step for step in test_steps(cfg) if not loads(step)]


def test_steps(cfg: Config) -> list[dict]:
    """Returns the test pipeline: that of the test data set, or else ``test_pipeline``.

    Raises:
        ConfigError: There is no test pipeline.
    """
    data = (cfg.get('test_dataloader') or {}).get('dataset') or {}
    while inner := data.get('dataset') or next(iter(data.get('datasets', ())), None):
        data = inner
    if steps := data.get('pipeline') or cfg.get('test_pipeline'):
        return steps
    raise ConfigError(
        'the config has no test pipeline; give it a test_dataloader with a pipeline of its data set, or '
        'test_pipeline=[...]'
    )


def loads(step: dict) -> bool:
    """Whether a step loads files: its class, or a base class, has a name that starts with ``Load``."""
    kinds = getattr(find_type(step, TRANSFORMS), '__mro__', ())
    return any(kind.__name__.startswith('Load') for kind in kinds)
