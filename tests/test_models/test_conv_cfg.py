"""A custom convolution in every part of the network, by one setting of the config."""

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor, nn

PYRAMID = (20, 24, 32)


class BinaryConv2d(nn.Conv2d):
    """Weights are +-1 times their mean size; gradients pass straight through."""

    def forward(self, x: Tensor) -> Tensor:
        binary = self.weight.sign() * self.weight.abs().mean((1, 2, 3), keepdim=True)
        weight = self.weight + (binary - self.weight).detach()
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    MODELS.register_module(name='BinaryConv2d', module=BinaryConv2d)
    yield
    del MODELS.module_dict['BinaryConv2d']


@pytest.fixture
def make_parts(make_network, necks):
    def make(**word: dict):
        necks[0].update(channels=PYRAMID)
        necks[2].update(pyramid_channels=PYRAMID)
        head = dict(type='MultiTaskHead', in_channels=16, channels=16, num_convs=2)
        return make_network(neck=[neck | word for neck in necks], decode_head=head | word)

    return make


def test_every_convolution_follows_the_config(make_parts, make_samples, gradients):
    model = make_parts(conv_cfg=dict(type='BinaryConv2d'))
    for part in (*model.neck, model.decode_head):
        assert {type(module) for module in part.modules() if isinstance(module, nn.Conv2d)} == {BinaryConv2d}
    losses = model(torch.randn(2, 3, 64, 64), make_samples(2, 64, 64), mode='loss')
    model.parse_losses(losses)[0].backward()
    gradients(model)


def test_names_and_initialization_stay(make_parts):
    states = []
    for word in ({}, dict(conv_cfg=None), dict(conv_cfg=dict(type='BinaryConv2d'))):
        torch.manual_seed(0)
        states.append(make_parts(**word).state_dict())
    plain, *others = states
    for state in others:
        assert list(state) == list(plain) and all(torch.equal(plain[name], state[name]) for name in plain)
