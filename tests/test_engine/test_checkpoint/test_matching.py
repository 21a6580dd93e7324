import pytest
import torch
from mmengine.runner import load_state_dict
from torch import nn

from mtcp_mm.engine.checkpoint import CheckpointError, load_matching, matching_required


class Network(nn.Module):
    """A network of 10 counted tensors, 7 of them in its backbone."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, width, 1, bias=False), nn.BatchNorm2d(width), nn.Conv2d(width, 4, 1))
        self.head = nn.Sequential(nn.PReLU(), nn.Linear(4, 2))


def tensors(model: nn.Module) -> dict:
    return {name: torch.full_like(value, 7) for name, value in model.state_dict().items()}


@pytest.mark.parametrize('prefix', ['', 'module.'])
@pytest.mark.parametrize('wrap', [lambda tensors: tensors, lambda tensors: dict(state_dict=tensors, meta={})])
def test_loads_what_fits(prefix, wrap):
    model = Network()
    load_matching(model, wrap({prefix + name: value for name, value in tensors(model).items()}))
    assert all((value == 7).all() for value in model.state_dict().values())


def test_names_and_counts_what_does_not_fit():
    given = tensors(Network(width=5))
    given = {name.replace('head.1', 'header'): value for name, value in given.items()}
    given['backbone.9.weight'] = torch.ones(1)
    with pytest.raises(CheckpointError) as caught:
        load_matching(Network(), given, source='old.pth')
    message = str(caught.value)
    assert 'old.pth does not fit Network: 2 of 10 tensors matched' in message
    assert '2 missing (head.1.weight, head.1.bias)' in message
    assert '6 of another shape (backbone.0.weight, backbone.1.weight, backbone.1.bias, ...)' in message
    assert '3 unexpected (header.weight, header.bias, backbone.9.weight)' in message
    assert 'at least 90% must match' in message


@pytest.mark.parametrize(('lacking', 'fits'), [(1, True), (2, False)])
def test_nine_tenths_are_enough(lacking, fits):
    model = Network()
    given = dict(list(tensors(model).items())[lacking:])
    if fits:
        load_matching(model, given)
    else:
        with pytest.raises(CheckpointError, match='8 of 10'):
            load_matching(model, given)


def test_counters_of_batch_norm_do_not_count():
    model = Network()
    given = {name: value for name, value in tensors(model).items() if 'num_batches_tracked' not in name}
    load_matching(model, given, minimum=1.0)


@pytest.mark.parametrize('load', [load_state_dict, lambda model, given: model.load_state_dict(given, strict=False)])
def test_a_part_is_checked_by_itself_whichever_function_loads(load):
    model = Network()
    backbone_only = {name: value for name, value in tensors(model).items() if name.startswith('backbone')}
    with matching_required(model.backbone, minimum=1.0):
        load(model, backbone_only)
    with pytest.raises(CheckpointError, match='Network: 7 of 10'), matching_required(model):
        load(model, backbone_only)
    head_only = {name: value for name, value in tensors(model).items() if name.startswith('head')}
    with pytest.raises(CheckpointError, match='Sequential: 0 of 7'), matching_required(model.backbone):
        load(model, head_only)


class HeadFirst(nn.Module):
    """The same network, whose head is registered before its backbone."""

    def __init__(self) -> None:
        super().__init__()
        network = Network()
        self.head, self.backbone = network.head, network.backbone


def test_a_part_registered_before_the_required_one_does_not_count():
    model = HeadFirst()
    given = {name: value for name, value in tensors(model).items() if name.startswith('backbone')}
    given['head.other'] = torch.ones(1)
    with matching_required(model.backbone, minimum=1.0):
        load_state_dict(model, given)
    del given['backbone.0.weight']
    with pytest.raises(CheckpointError) as caught, matching_required(model.backbone, minimum=1.0):
        load_state_dict(model, given)
    assert '6 of 7 tensors matched, 1 missing (backbone.0.weight);' in str(caught.value)


@pytest.mark.parametrize('metadata', [True, False])
def test_counters_do_not_count_whatever_version_the_checkpoint_says(metadata):
    """With the version that MMEngine saves, torch reports a missing counter as a missing tensor."""
    model = Network()
    given = model.state_dict()
    if not metadata:
        del given._metadata
    for name in [name for name in given if name.endswith('num_batches_tracked')]:
        del given[name]
    load_matching(model, given, minimum=1.0)
    with matching_required(model.backbone, minimum=1.0):
        model.load_state_dict(given, strict=False)
    del given['backbone.1.bias']
    with pytest.raises(CheckpointError) as caught, matching_required(model, minimum=1.0):
        model.load_state_dict(given, strict=False)
    assert '9 of 10 tensors matched, 1 missing (backbone.1.bias);' in str(caught.value)


def test_each_of_several_loads_is_checked():
    model = Network()
    given = tensors(model)
    with pytest.raises(CheckpointError, match='1 missing'), matching_required(model, minimum=1.0):
        load_state_dict(model, given)
        del given['head.1.bias']
        load_state_dict(model, given)


def test_renaming_by_hooks_is_respected():
    model = Network()

    def rename(state_dict, prefix, *args) -> None:
        for name in [name for name in state_dict if '.old.' in name]:
            state_dict[name.replace('.old.', '.0.')] = state_dict.pop(name)

    model.backbone._register_load_state_dict_pre_hook(rename)
    given = {name.replace('backbone.0.', 'backbone.old.'): value for name, value in tensors(model).items()}
    load_matching(model, given, minimum=1.0)
    assert (model.backbone[0].weight == 7).all()


def test_nothing_loaded_is_an_error_and_no_hook_stays():
    model = Network()
    with (
        pytest.raises(CheckpointError, match='Nothing of weights.pth was loaded'),
        matching_required(model, 'weights.pth'),
    ):
        pass
    load_state_dict(model, {})


@pytest.mark.parametrize('checkpoint', [[1, 2], dict(state_dict=None)])
def test_something_else_is_an_error(checkpoint):
    with pytest.raises(CheckpointError, match='holds no dict of tensors'):
        load_matching(Network(), checkpoint)


@pytest.mark.parametrize(
    ('name', 'value', 'kinds'),
    [
        ('head.1.bias', torch.ones(2, dtype=torch.bool), 'whole numbers as head.1.bias, .* takes real numbers'),
        ('head.1.bias', torch.ones(2, dtype=torch.int64), 'whole numbers as head.1.bias, .* takes real numbers'),
        ('head.1.bias', torch.ones(2, dtype=torch.complex64), 'complex numbers as head.1.bias'),
        (
            'backbone.1.num_batches_tracked',
            torch.tensor(0.5),
            'real numbers as .*num_batches_tracked, .* whole numbers',
        ),
        ('head.1.bias', 5, 'no tensor as head.1.bias'),
    ],
)
@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_numbers_of_another_kind_are_refused(name, value, kinds, prefix):
    given = {prefix + key: tensor for key, tensor in (tensors(Network()) | {name: value}).items()}
    with pytest.raises(CheckpointError, match=rf'old\.pth has {kinds}'):
        load_matching(Network(), given, source='old.pth')


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float64])
def test_any_precision_is_accepted(dtype):
    model = Network()
    given = {name: value.to(dtype) if value.is_floating_point() else value for name, value in tensors(model).items()}
    load_matching(model, given)
    assert model.head[1].bias.dtype == torch.float32 and (model.head[1].bias == 7).all()
