"""The configs of different encoders: shapes of the full networks, and a training step of small ones."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.optim import build_optim_wrapper
from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.engine.checkpoint import matching_required, safe_loading
from mtcp_mm.engine.config_parts import set_everywhere

CONFIGS = Path(__file__).parents[3] / 'configs'
C = 16
PYRAMID = (16, 24, 32)
SWIN = dict(
    encoder=dict(embed_dims=8, depths=[1, 1, 2, 1], num_heads=[1, 1, 2, 2], drop_path_rate=0.0),
    in_channels=[8, 16, 32, 64],
)
VIT = dict(embed_dims=24, num_layers=4, num_heads=2, feedforward_channels=48)
MASK2FORMER = 'mmseg/.mim/configs/mask2former/mask2former_'


@dataclass(frozen=True)
class Case:
    """What a config is tested with.

    Attributes:
        small: Arguments of :func:`shrink`.
        theirs: The family's own config of the encoder, in an installed package.
        published: Millions of parameters, those of the classifier included.
        classes: Number of the classifier's classes.
        strides: Strides of the encoder's maps.
    """

    small: dict
    theirs: str
    published: float
    classes: int = 1000
    strides: tuple[float, ...] = (4, 8, 16, 32)


CASES = {
    'mtcp_nyud': Case(SWIN, f'{MASK2FORMER}swin-s_8xb2-160k_ade20k-512x512.py', 49.61),
    'mtcp_nyud_swin_t': Case(SWIN, f'{MASK2FORMER}swin-t_8xb2-160k_ade20k-512x512.py', 28.29),
    'mtcp_nyud_swin_b': Case(SWIN, f'{MASK2FORMER}swin-b-in22k-384x384-pre_8xb2-160k_ade20k-640x640.py', 87.90),
    'mtcp_nyud_swin_l': Case(SWIN, f'{MASK2FORMER}swin-l-in22k-384x384-pre_8xb2-160k_ade20k-640x640.py', 196.74),
    'mtcp_nyud_r50': Case(
        # Of residuals that start at zero, nothing but the last norm would get a gradient in the first step.
        dict(
            encoder=dict(stem_channels=8, base_channels=8, zero_init_residual=False),
            in_channels=[32, 64, 128, 256],
        ),
        f'{MASK2FORMER}r50_8xb2-160k_ade20k-512x512.py',
        25.56,
    ),
    'mtcp_nyud_convnext_s': Case(
        dict(
            encoder=dict(arch=dict(depths=[1, 1, 2, 1], channels=[8, 12, 16, 24]), drop_path_rate=0.0),
            in_channels=[8, 12, 16, 24],
        ),
        'mmseg/.mim/configs/convnext/convnext-small_upernet_8xb2-amp-160k_ade20k-512x512.py',
        50.22,
    ),
    'mtcp_nyud_dinov2_b': Case(
        dict(
            encoder=dict(arch=VIT, out_indices=[0, 1, 2, 3]),
            encoder_neck=dict(embed_dim=24),
            in_channels=[24, 24, 24, 24],
        ),
        'mmpretrain/.mim/configs/dinov2/vit-base-p14_dinov2-pre_headless.py',
        86.58,
        classes=0,
        strides=(3.5, 7, 14, 28),
    ),
}
LISTS = (
    'mmseg/.mim/configs/mask2former/metafile.yaml',
    'mmpretrain/.mim/configs/dinov2/metafile.yml',
    'mmengine/hub/torchvision_0.12.json',
)
every_config = pytest.mark.parametrize('name', CASES)
every_new_config = pytest.mark.parametrize('name', [name for name in CASES if name != 'mtcp_nyud'])


def shrink(model: ConfigDict, encoder: dict, in_channels: list[int], encoder_neck: dict | None = None) -> None:
    """Makes a config's network small, in place, with all its parts."""
    backbone, (decoders, fusion, refinement) = model.backbone, model.neck
    sizes = dict(embed_dims=C, num_heads=2, num_feats=C // 2, feedforward_channels=2 * C, num_layers=3, num_groups=4)
    for key, value in sizes.items():
        set_everywhere(backbone.pixel_decoder, key, value)
        set_everywhere(backbone.transformer_decoder, key, value)
    backbone.update(in_channels=in_channels, feat_channels=C, out_channels=C, num_queries=8)
    backbone.encoder.update(encoder)
    if encoder_neck:
        backbone.encoder_neck.update(encoder_neck)
    decoders.update(in_channels=C, channels=PYRAMID, out_channels=C)
    fusion.update(channels=C)
    refinement.update(channels=C, pyramid_channels=PYRAMID)
    model.decode_head.update(in_channels=C, channels=C)


@pytest.fixture
def small(shipped_config: Callable[..., Config]) -> Callable[..., Config]:
    """Reads a config by its name, and makes its network small."""

    def read(name: str, options: dict | None = None) -> Config:
        cfg = shipped_config(name, options)
        shrink(cfg.model, **CASES[name].small)
        return cfg

    return read


@pytest.fixture
def pictures(make_samples: Callable) -> Callable[..., dict]:
    """Makes a batch like a DataLoader: images of these sizes, with targets of the three tasks."""

    def make(*sizes: tuple[int, int]) -> dict:
        images = [torch.randint(256, (3, *size), dtype=torch.uint8) for size in sizes]
        return dict(inputs=images, data_samples=[sample for size in sizes for sample in make_samples(1, *size)])

    return make


@every_config
def test_a_training_step(small, pictures, gradients, monkeypatch, name):
    cfg = small(name)
    model = MODELS.build(cfg.model).train()
    model.init_weights()
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    monkeypatch.setattr(optim_wrapper, 'zero_grad', lambda **kwargs: None)
    before = {key: value.clone() for key, value in model.named_parameters()}

    logs = model.train_step(pictures((64, 96), (61, 91)), optim_wrapper)
    assert {'loss', 'loss_semseg', 'loss_depth', 'loss_normals', 'loss_coherence'} <= logs.keys()
    assert all(torch.as_tensor(value).isfinite() for value in logs.values())
    found = gradients(model)
    assert all(gradient.isfinite().all() for gradient in found.values())
    encoder = {key: value for key, value in found.items() if key.startswith('backbone.encoder')}
    assert not [key for key, value in encoder.items() if not value.any()]
    assert not [key for key in encoder if torch.equal(before[key], model.get_parameter(key))]


@every_config
@pytest.mark.parametrize('sizes', [[(64, 96), (61, 91)], [(45, 77)]], ids=['unlike', 'odd'])
def test_predictions_have_the_size_of_the_image(small, pictures, name, sizes):
    model = MODELS.build(small(name).model).eval()
    with torch.no_grad():
        results = model.test_step(pictures(*sizes))
    for result, size in zip(results, sizes, strict=True):
        maps = [result.prediction(task.field) for task in model.tasks.values()]
        assert [tuple(x.shape) for x in maps] == [(1, *size), (1, *size), (3, *size)]
        assert all(x.isfinite().all() for x in maps)


@pytest.fixture
def build_on_meta(shipped_config: Callable[..., Config], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], nn.Module]:
    """Builds the full network of a config, without memory for its weights."""

    def build(name: str) -> nn.Module:
        cfg = shipped_config(name)
        # Encoders read their rates of stochastic depth out of a tensor.
        monkeypatch.setattr(torch, 'linspace', partial(torch.linspace, device='cpu'))
        with torch.device('meta'):
            return MODELS.build(cfg.model).eval()

    return build


@every_config
def test_the_maps_of_the_full_network(build_on_meta, name):
    """Channels follow the config, and on a padded image no map is stretched."""
    model = build_on_meta(name)
    divisor = model.data_preprocessor.size_divisor or 1
    height, width = (-(-size // divisor) * divisor for size in (480, 640))
    backbone = model.backbone
    with torch.device('meta'), torch.no_grad():
        images = torch.empty(1, 3, height, width)
        maps = backbone.encoder_neck(backbone.encoder(images))
        raws = model(images, mode='tensor')
    sizes = [(height / stride, width / stride) for stride in CASES[name].strides]
    assert [tuple(x.shape) for x in maps] == [
        (1, channels, *size) for channels, size in zip(backbone.in_channels, sizes, strict=True)
    ]
    assert [tuple(raw.shape) for raw in raws.values()] == [(1, count, *sizes[0]) for count in (40, 1, 3)]


@every_config
def test_the_full_encoder_is_of_the_published_size(build_on_meta, name):
    backbone = build_on_meta(name).backbone
    classifier = CASES[name].classes * (backbone.in_channels[-1] + 1)
    found = sum(parameter.numel() for parameter in backbone.encoder.parameters())
    assert found == pytest.approx(1e6 * CASES[name].published - classifier, rel=2e-3)


def in_packages(path: str) -> Path:
    """Returns a file of an installed package; skips the test if the package or its configs are missing."""
    package, _, rest = path.partition('/')
    spec = find_spec(package)
    file = Path(spec.origin).parent / rest if spec else Path(rest)
    if not file.is_file():
        pytest.skip(f'{path} is not installed')
    return file


@every_config
def test_the_encoder_is_that_of_the_familys_own_config(shipped_config, name):
    theirs = Config.fromfile(in_packages(CASES[name].theirs), import_custom_modules=False).model.backbone
    ours = shipped_config(name).model.backbone.encoder.to_dict()
    del ours['type']
    ours.pop('norm_cfg', None)  # see the comment in the config of the ResNet
    own = dict(out_indices=[2, 5, 8, 11], out_type='featmap') if 'patch_size' in ours else {}
    assert ours == own | {key: theirs[key] for key in ours if key not in own}


def named_files(name: str) -> list[str]:
    """Returns the checkpoints that a config names."""
    return re.findall(r'``([\w.-]+\.pth)``', next(CONFIGS.rglob(f'{name}.py')).read_text(encoding='utf-8'))


@every_new_config
def test_the_files_that_a_config_names_are_the_familys(name):
    texts = [
        in_packages(path).read_text(encoding='utf-8') for path in (*LISTS, *(case.theirs for case in CASES.values()))
    ]
    files = named_files(name)
    assert files and all(any(f'/{file}' in text for text in texts) for file in files)


@every_new_config
def test_a_pretrained_encoder_is_loaded_by_the_config(small, tmp_path, name):
    text = next(CONFIGS.rglob(f'{name}.py')).read_text(encoding='utf-8')
    options = dict(re.findall(r'(model\.backbone\.encoder\.init_cfg\.\w+)=([\w.]+)', text))
    settings = {key.rpartition('.')[2]: value for key, value in options.items()}
    assert settings.pop('type') == 'Pretrained' and settings.pop('checkpoint') == 'FILE'
    state = MODELS.build(small(name).model.backbone.encoder).state_dict()
    state = {key: torch.rand_like(value) if value.is_floating_point() else value for key, value in state.items()}
    prefix = settings.pop('prefix', '')
    torch.save(dict(state_dict={prefix + key: value for key, value in state.items()}), tmp_path / 'encoder.pth')

    options['model.backbone.encoder.init_cfg.checkpoint'] = str(tmp_path / 'encoder.pth')
    model = MODELS.build(small(name, options).model)
    with ExitStack() as stack:
        stack.enter_context(safe_loading())
        stack.enter_context(matching_required(model.backbone.encoder))
        model.init_weights()
    assert not settings
    loaded = model.backbone.encoder.state_dict()
    assert state.keys() == loaded.keys() and all(torch.equal(state[key], loaded[key]) for key in state)
