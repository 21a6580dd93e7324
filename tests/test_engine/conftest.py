"""A tiny training with random data and a random model, for tests of the engine."""

import random
from collections.abc import Callable
from itertools import count

import numpy as np
import pytest
import torch
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel, BaseModule
from torch import Tensor, nn
from torch.utils.data import Dataset

from mtcp_mm.engine import StrictCheckpointRunner

SAMPLES, BATCH = 8, 2
numbers = count()


class NoisyData(Dataset):
    """Samples with one draw each of the generators of Python, NumPy and torch."""

    metainfo = dict(classes=('a', 'b'), palette=[[0, 0, 0], [1, 1, 1]])

    def __len__(self) -> int:
        return SAMPLES

    def __getitem__(self, index: int) -> dict:
        draws = torch.tensor([random.random(), np.random.rand(), torch.rand(()).item()], dtype=torch.float64)
        return dict(index=index, draws=draws)


class Backbone(BaseModule):
    def __init__(self, width: int = 4, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.lift = nn.Linear(3, width)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, x: Tensor) -> Tensor:
        return torch.dropout(self.norm(self.lift(x)), 0.5, self.training)


class TinyModel(BaseModel):
    def __init__(self, width: int = 4, init_cfg: dict | None = None) -> None:
        super().__init__()
        self.backbone = Backbone(width, init_cfg)
        self.head = nn.Sequential(nn.Linear(width, 4), nn.Linear(4, 4), nn.Linear(4, 1))

    def forward(self, index: Tensor, draws: Tensor, mode: str = 'loss') -> dict | Tensor:
        out = self.head(self.backbone(draws.float()))
        return dict(loss=(out - index[:, None]).square().mean()) if mode == 'loss' else out


class Score(BaseMetric):
    """A metric with fixed values, one per validation."""

    def __init__(self, scores: list[float]) -> None:
        super().__init__()
        self.scores = iter(scores)

    def process(self, data_batch: dict, data_samples: list) -> None:
        self.results += [0] * len(data_samples)

    def compute_metrics(self, results: list) -> dict:
        score = next(self.scores)
        return dict(score=score, error=3.5 - score if score != 2.0 else 0.1)


class Recorder(Hook):
    """Records each batch by epoch. Can interrupt the run before an iteration."""

    def __init__(self, break_at: int | None = None) -> None:
        self.break_at = break_at
        self.batches: dict[int, list] = {}

    def before_train_iter(self, runner, batch_idx: int, data_batch: dict | None = None) -> None:
        if runner.iter == self.break_at:
            raise KeyboardInterrupt
        self.batches.setdefault(runner.epoch, []).append((data_batch['index'], data_batch['draws']))


def loader(workers: int, shuffle: bool = True, **kwargs) -> dict:
    return dict(
        batch_size=BATCH, num_workers=workers, dataset=NoisyData(), persistent_workers=False,
        sampler=dict(type='DefaultSampler', shuffle=shuffle), collate_fn=dict(type='default_collate'), **kwargs,
    )  # fmt: skip


@pytest.fixture
def make_runner(tmp_path) -> Callable[..., StrictCheckpointRunner]:
    """Makes runners of the same training in the same work directory."""

    def make(
        workers: int = 0,
        break_at: int | None = None,
        scores: list[float] | None = None,
        checkpoint: dict | None = None,
        model: dict | None = None,
        runner: type = StrictCheckpointRunner,
        **kwargs,
    ) -> StrictCheckpointRunner:
        recorder = Recorder(break_at)
        torch.manual_seed(next(numbers))  # a process starts with whatever state
        settings = dict(
            model=dict(type=TinyModel) | (model or {}),
            work_dir=str(tmp_path / 'run'), experiment_name=f'tiny{next(numbers)}',
            train_dataloader=loader(workers), train_cfg=dict(by_epoch=True, max_epochs=3),
            optim_wrapper=dict(optimizer=dict(type='AdamW', lr=0.01), clip_grad=dict(max_norm=1.0)),
            param_scheduler=[dict(type='PolyLR', power=0.9, end=3)], randomness=dict(seed=3),
            default_hooks=dict(checkpoint=dict(type='AtomicCheckpointHook', interval=1) | (checkpoint or {})),
            custom_hooks=[dict(type='EpochSeedHook'), recorder],
            default_scope='mmseg', log_level='ERROR', cfg=dict(model=dict(tiny=True)),
        ) | kwargs  # fmt: skip
        if scores is not None:
            settings |= dict(val_dataloader=loader(0, shuffle=False), val_cfg=dict(), val_evaluator=[Score(scores)])
        made = runner(**settings)
        made.recorder = recorder
        return made

    return make
