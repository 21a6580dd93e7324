from types import SimpleNamespace

import pytest
import torch
from mmengine.model import MMDistributedDataParallel
from mmseg.structures import SegDataSample

import mtcp_mm  # noqa: F401
from mtcp_mm.engine.hooks import BatchContextHook
from mtcp_mm.models.losses import LossWeighting, NonFiniteLossError


def describe(model, batch):
    BatchContextHook().before_train_iter(SimpleNamespace(model=model, epoch=2, iter=41), 0, batch)


def test_the_error_names_iteration_and_files():
    weighting = LossWeighting([dict(type='DepthMap', name='depth')])
    samples = [SegDataSample(metainfo=dict(img_path=f'images/{name}.jpg')) for name in 'ab'] + [SegDataSample()]
    describe(SimpleNamespace(loss_weighting=weighting), dict(inputs=[], data_samples=samples))
    with pytest.raises(
        NonFiniteLossError, match=r'epoch 3, iteration 42, files: images/a\.jpg, images/b\.jpg, unknown'
    ):
        weighting({'loss_depth': torch.tensor(float('nan'))})


def test_batches_without_samples_and_wrapped_and_stock_models_pass():
    wrapped = MMDistributedDataParallel.__new__(MMDistributedDataParallel)
    torch.nn.Module.__init__(wrapped)
    wrapped.module = torch.nn.Module()
    wrapped.module.loss_weighting = LossWeighting()
    describe(wrapped, [torch.zeros(1)])
    assert wrapped.module.loss_weighting.context == 'epoch 3, iteration 42, files: unknown'
    stock = torch.nn.Module()
    describe(stock, {})
    assert not hasattr(stock, 'loss_weighting')
