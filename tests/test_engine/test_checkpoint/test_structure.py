import sys
from collections import OrderedDict

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from mtcp_mm.engine.checkpoint import CheckpointError, check_structure, check_training, load_checkpoint_file

WEIGHT = {'a': torch.zeros(2, 2)}
INF, NAN = float('inf'), float('nan')


def filled(value: float) -> dict:
    return dict(state_dict=WEIGHT | {'head.bias': torch.tensor([0.0, value])})


def nested(depth: int, kind: type) -> list | tuple | dict:
    value = kind()
    for _ in range(depth):
        value = kind({'a': value}) if issubclass(kind, dict) else kind([value])
    return value


def circle() -> list:
    value = []
    value.append(value)
    return value


def doubled(levels: int) -> list:
    value = []
    for _ in range(levels):
        value = [value, value]
    return value


def versions(value) -> OrderedDict:
    tensors = OrderedDict(WEIGHT)
    tensors._metadata = value
    return tensors


@pytest.mark.parametrize(
    'content',
    [
        WEIGHT,
        {},
        dict(state_dict={}),
        dict(state_dict=WEIGHT, meta=None, optimizer='of another project'),
        dict(state_dict=WEIGHT | dict(epoch=3), meta=dict(epoch=1, iter=0, dataset_meta=None)),
        dict(state_dict=WEIGHT, meta=dict(dataset_meta=dict(tasks=[dict(name='depth')], palette=np.eye(3)))),
        dict(state_dict={'bn.num_batches_tracked': torch.tensor(3), 'mask': torch.tensor([[0.0, -INF]])}),
        dict(state_dict=versions({'': dict(version=1), 'bn': dict(version=None)})),
        dict(model=WEIGHT, epoch='last'),
    ],
)
def test_valid_checkpoints(content):
    check_structure(content, 'net.pth')


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (5, 'no dict of tensors, but 5'),
        ([torch.zeros(1)], 'no dict of tensors, but .* list'),
        (dict(state_dict=[1]), 'no dict of tensors as state_dict'),
        (dict(state_dict=torch.zeros(2)), 'as state_dict, but a value of type Tensor'),
        (dict(state_dict={'a': 5}), 'no tensor in state_dict, but 5'),
        (dict(state_dict={5: torch.zeros(1)}), 'has 5 as a name in state_dict'),
        ({5: torch.zeros(1)}, 'has 5 as a name in the file'),
        (dict(state_dict=WEIGHT, ema_state_dict=3), 'as ema_state_dict, but 3'),
        (dict(state_dict={'a': torch.eye(2).to_sparse()}), 'as a of state_dict that is not dense'),
        (dict(state_dict={'a': torch.zeros(2, device='meta')}), 'without values'),
        (dict(state_dict={'a': torch.quantize_per_tensor(torch.ones(2), 1, 0, torch.qint8)}), 'not dense'),
        (dict(state_dict={'a': torch.zeros(2).to(torch.float8_e4m3fn)}), 'of torch.float8_e4m3fn as a'),
        (dict(state_dict={'a': torch.zeros((1,) * 65)}), 'of 65 dimensions as a'),
        (dict(state_dict=versions(5)), '_metadata that are not a dict'),
        (dict(state_dict=versions({'': 5})), '_metadata that are not a dict'),
        (dict(state_dict=versions({'': dict(version='x')})), 'a version in'),
        (dict(state_dict=WEIGHT, meta='epoch'), "'epoch' as meta"),
        (dict(state_dict=WEIGHT, meta=5), 'has 5 as meta'),
        (dict(state_dict=WEIGHT, meta=dict(epoch='3')), r'as meta\.epoch'),
        (dict(state_dict=WEIGHT, meta=dict(epoch=-3)), r'has -3 as meta\.epoch'),
        (dict(state_dict=WEIGHT, meta=dict(iter=1.5)), r'has 1\.5 as meta\.iter'),
        (dict(state_dict=WEIGHT, meta=dict(iter=True)), r'has True as meta\.iter'),
        (dict(state_dict=WEIGHT, meta=dict(dataset_meta=[1])), r'as meta\.dataset_meta'),
        *(
            (dict(state_dict=WEIGHT, meta=dict(dataset_meta=dict(tasks=tasks))), r'dataset_meta\.tasks')
            for tasks in (5, 'depth', ['depth'], [dict(type='x')], [dict(name=5)], dict(name='x'), None)
        ),
        (filled(NAN), r'not finite in 1 tensors \(head\.bias\): its training has diverged'),
        (filled(INF), 'not finite'),
        (dict(state_dict={'a': torch.full((2,), -INF)}), 'not finite'),
        (dict(state_dict=WEIGHT, ema_state_dict={'a': torch.tensor(NAN)}), 'not finite'),
        ({'a': torch.tensor(NAN)}, 'not finite'),
        (dict(state_dict={'a': torch.tensor(complex(NAN, 0))}), 'not finite'),
        (dict(state_dict=WEIGHT, x=circle()), 'nested too deep'),
        (dict(state_dict=WEIGHT, x=doubled(40)), 'nested too deep'),
        (dict(state_dict=WEIGHT, x=nested(100, list)), 'nested too deep'),
    ],
)
def test_invalid_checkpoints(content, message):
    with pytest.raises(CheckpointError, match=rf'net\.pth .*{message}'):
        check_structure(content, 'net.pth')


@pytest.mark.parametrize('kind', [list, tuple, dict, OrderedDict])
def test_no_depth_ends_the_interpreter(tmp_path, kind):
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)  # to write it
    try:
        torch.save(dict(state_dict=WEIGHT, x=nested(1000, kind)), tmp_path / 'net.pth')
    finally:
        sys.setrecursionlimit(limit)
    with pytest.raises(CheckpointError, match=r'net\.pth is nested too deep'):
        load_checkpoint_file(tmp_path / 'net.pth')


def training(**changes) -> dict:
    hub = dict(log_scalars={'train/loss': HistoryBuffer([1.0], [1])}, runtime_info={}, resumed_keys={})
    optimizer = dict(state={0: dict(step=torch.tensor(1.0))}, param_groups=[dict(lr=0.1, params=[0])])
    schedulers = [dict(last_step=3)]
    whole = dict(state_dict=WEIGHT, meta=dict(epoch=1, iter=3), message_hub=hub)
    return whole | dict(optimizer=optimizer, param_schedulers=schedulers) | changes


@pytest.mark.parametrize(
    'changes',
    [
        {},
        dict(optimizer={}),
        dict(optimizer=dict(generator=training()['optimizer'], critic=training()['optimizer'])),
        dict(param_schedulers=dict(generator=[{}], critic=[])),
        dict(param_schedulers=[]),
        dict(message_hub={}),
    ],
)
def test_checkpoints_that_can_be_resumed(changes):
    check_training(training(**changes), 'net.pth')


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (dict(meta=None), 'lacks meta'),
        (dict(message_hub=None), 'lacks message_hub'),
        (dict(message_hub=5), 'message_hub'),
        (dict(message_hub=[]), 'message_hub'),
        (dict(message_hub=dict(log_scalars=[1])), 'message_hub'),
        (dict(message_hub=dict(log_scalars=dict(x=[1.0]))), 'histories'),
        (dict(message_hub=dict(runtime_info='x')), 'message_hub'),
        (dict(message_hub=dict(runtime_info=dict(keep_ckpt_ids=5))), 'keep_ckpt_ids'),
        (dict(message_hub=dict(runtime_info=dict(keep_ckpt_ids=['/../x']))), 'keep_ckpt_ids'),
        (dict(message_hub=dict(runtime_info=dict(best_ckpt=[5]))), 'names of files'),
        (dict(optimizer=5), 'optimizer'),
        (dict(optimizer=[{}]), 'optimizer'),
        (dict(optimizer=dict(state={}, param_groups='x')), 'optimizer'),
        (dict(optimizer=dict(state={}, param_groups=[5])), 'optimizer'),
        (dict(optimizer=dict(state={}, param_groups=[dict(params=3)])), 'optimizer'),
        (dict(optimizer=dict(state=[1], param_groups=[])), 'optimizer'),
        (dict(optimizer=dict(state={0: 5}, param_groups=[])), 'optimizer'),
        (dict(optimizer=dict(generator=5)), 'optimizer'),
        (dict(param_schedulers=5), 'param_schedulers'),
        (dict(param_schedulers=['x']), 'param_schedulers'),
        (dict(param_schedulers=dict(generator=5)), 'param_schedulers'),
    ],
)
def test_checkpoints_that_cannot_be_resumed(changes, message):
    with pytest.raises(CheckpointError, match=rf'net\.pth .*{message}'):
        check_training(training(**changes), 'net.pth')
