"""Shipped networks move to another device whole: on meta, no operator gets a tensor from the CPU as well."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.fx.experimental._config as fx_config
from mmengine.config import ConfigDict
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from mtcp_mm.engine.config_parts import find_parts
from mtcp_mm.models.losses import loss_weighting
from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.tasks import build_tasks

CONFIGS = Path(__file__).parents[2] / 'configs'
NETWORKS = sorted(path for path in CONFIGS.rglob('*.py') if '_base_' not in path.parts)
SIDE = 64
REPEATED = ('depths', 'num_layers')
"""Settings that repeat a layer. One is enough, and two in an encoder's first stage, where the second shifts windows."""
NOT_COMPUTED = ('checkpoint', 'classes', 'field', 'name', 'pretrained')
"""Settings that change no operator."""
tested: set[str] = set()


class OneDevice(TorchDispatchMode):
    """Fails if an operator gets tensors on two devices. Scalar tensors may be anywhere."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        devices = {tensor.device for tensor in find_tensors([args, kwargs]) if tensor.ndim}
        assert len(devices) < 2, f'{func} gets tensors on {devices}'
        return func(*args, **kwargs)


def find_tensors(value: Any) -> Iterator[Tensor]:
    """Yields the tensors in a value: in containers, and in attributes of this package's objects."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            yield from find_tensors(item)
    elif isinstance(value, Mapping):
        yield from find_tensors(list(value.values()))
    elif type(value).__module__.startswith('mtcp_mm') and not isinstance(value, nn.Module):
        yield from find_tensors(getattr(value, '__dict__', {}))


def stray_tensors(network: nn.Module) -> list[str]:
    """Names the attributes of modules that hold tensors but are no parameters or buffers."""
    registered = ('_parameters', '_buffers', '_modules')
    return [
        f'{name}.{key}'
        for name, module in network.named_modules()
        for key, value in vars(module).items()
        if key not in registered and any(True for _ in find_tensors(value))
    ]


def shorten(cfg: Any) -> Any:
    """Returns a model config with each layer once; see :data:`REPEATED`."""
    if isinstance(cfg, Mapping):
        return {key: once(value) if key in REPEATED else shorten(value) for key, value in cfg.items()}
    return type(cfg)(shorten(item) for item in cfg) if isinstance(cfg, (list, tuple)) else cfg


def once(count: Any) -> Any:
    """Returns the new value of such a setting."""
    return 1 if isinstance(count, int) else [min(count[0], 2), *(1 for _ in count[1:])]


def kinds_of_parts(cfg: Mapping) -> set[str]:
    """Returns the types of all parts with their flags and words. Numbers are the same to every device."""
    parts = [part for _, part in find_parts(cfg, 'type')]
    return {
        json.dumps({k: v for k, v in sorted(part.items()) if isinstance(v, (str, bool)) and k not in NOT_COMPUTED})
        for part in parts
    }


def make_batch(cfg: Mapping) -> dict:
    """Returns two images and their targets as a data loader does, on the CPU."""
    lists = [part.tasks for _, part in find_parts(cfg, 'tasks')]
    images = [torch.zeros(3, SIDE, SIDE, dtype=torch.uint8) for _ in range(2)]
    return dict(inputs=images, data_samples=[make_sample(lists[0] if lists else None) for _ in images])


def make_sample(tasks: list[dict] | None) -> SegDataSample:
    """Returns a sample with the targets of some tasks; without tasks, one of MMSegmentation."""
    size = (SIDE, SIDE)
    meta = dict(img_shape=size, ori_shape=size, pad_shape=size)
    if tasks is None:
        return SegDataSample(metainfo=meta, gt_sem_seg=PixelData(data=torch.zeros(1, *size, dtype=torch.long)))
    sample = MultiTaskDataSample(metainfo=meta)
    for task in build_tasks(tasks).values():
        sample.set_target(task.field, task.to_tensor(task.empty(*size)))
    return sample


@pytest.fixture
def on_meta(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leaves out what needs values: LossWeighting's one transfer to the host, and the number of labelled pixels."""
    monkeypatch.setattr(loss_weighting, 'read_on_host', lambda values: torch.zeros(values.shape))
    with fx_config.patch(meta_nonzero_assume_all_nonzero=True):
        yield


@pytest.mark.parametrize('path', NETWORKS, ids=lambda path: path.stem)
def test_training_and_prediction_stay_on_the_device(shipped_config, build_quickly, on_meta, path):
    cfg = ConfigDict(shorten(shipped_config(path).model))
    kinds = kinds_of_parts(cfg)
    if kinds <= tested:  # in the networks of other configs
        return
    tested.update(kinds)
    network = build_quickly(cfg)
    network.test_cfg.mode = 'whole'  # sliding inference counts windows, which meta cannot
    network.to('meta')
    with OneDevice():
        batch = network.data_preprocessor(make_batch(cfg), training=True)
        total, _ = network.parse_losses(network(**batch, mode='loss'))
        total.backward()
        with torch.no_grad():
            batch = network.eval().data_preprocessor(make_batch(cfg))
            network(**batch, mode='predict')
    assert total.is_meta and all(tensor.is_meta for tensor in [*network.parameters(), *network.buffers()])
    assert not stray_tensors(network)


@pytest.mark.parametrize('shape, mixes', [((1,), True), ((), False)])
def test_an_operator_with_tensors_on_two_devices_is_found(shape, mixes):
    context = pytest.raises(AssertionError, match='aten.mul.*cpu.*meta|aten.mul.*meta.*cpu') if mixes else OneDevice()
    with context, OneDevice():
        torch.ones(3, device='meta') * torch.ones(shape)


def test_tensors_that_do_not_move_with_a_module_are_found():
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    assert not stray_tensors(network)
    network[1].cache = dict(grid=[torch.zeros(1)])
    assert stray_tensors(network) == ['1.cache']
