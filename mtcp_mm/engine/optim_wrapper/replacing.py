from collections.abc import Mapping, MutableMapping

from mmengine.optim import OptimWrapper
from mmseg.registry import OPTIM_WRAPPERS

from mtcp_mm.utils import ConfigError, resolve_type

from .bf16_optim_wrapper import BF16OptimWrapper


def replace_wrapper(optim_wrapper: MutableMapping, replacement: Mapping, option: str) -> None:
    """Replaces the optimizer wrapper of a config by one of another precision.

    Args:
        optim_wrapper: Config of the wrapper, changed in place.
        replacement: The other wrapper's type and settings.
        option: The command's option that asks for it, for the message.

    Raises:
        ConfigError: The config has another wrapper than ``OptimWrapper``, or one of another precision.
    """
    kind = resolve_type(dict(type=optim_wrapper.get('type', OptimWrapper)), OPTIM_WRAPPERS)
    if kind not in (OptimWrapper, BF16OptimWrapper):
        raise ConfigError(f'{option} replaces OptimWrapper, but the config has {kind.__name__}; leave out {option}')
    optim_wrapper.update(replacement)
