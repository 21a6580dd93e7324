"""Hooks for trainings in processes of their own, which find this module through ``PYTHONPATH``."""

import os
import signal
import time

import torch
from mmcv.transforms import BaseTransform
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS, TRANSFORMS
from torch.nn.modules.batchnorm import _BatchNorm

from mtcp_mm.utils import UserError


@HOOKS.register_module()
class FreezeBatchNorm(Hook):
    """Keeps BatchNorm in evaluation, where it does not mix the images of a batch."""

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None) -> None:
        for module in runner.model.modules():
            if isinstance(module, _BatchNorm):
                module.eval()


@HOOKS.register_module()
class Kill(Hook):
    """Kills its own process before an iteration, counted from zero."""

    def __init__(self, iteration: int) -> None:
        self.iteration = iteration

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None) -> None:
        if runner.iter == self.iteration:
            os.kill(os.getpid(), signal.SIGKILL)


@HOOKS.register_module()
class SpoilPredictor(Hook):
    """Makes a bias of a task's predictor NaN before an iteration, counted from zero."""

    def __init__(self, task: str, iteration: int) -> None:
        self.task = task
        self.iteration = iteration

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None) -> None:
        if runner.iter == self.iteration:
            torch.nn.init.constant_(runner.model.decode_head.predictors[self.task].bias, torch.nan)


@HOOKS.register_module()
class FailOnOneRank(Hook):
    """Fails on the last of several ranks when all is trained and evaluated; the others wait for it."""

    def after_train(self, runner: Runner) -> None:
        if runner.world_size > 1:
            if runner.rank == runner.world_size - 1:
                raise UserError('this rank cannot go on')
            torch.distributed.barrier()
            raise RuntimeError('nothing is left to wait for')


@TRANSFORMS.register_module()
class Stall(BaseTransform):
    """Never gives a sample, or kills its worker."""

    moves_pixels = False

    def __init__(self, kill: bool = False) -> None:
        self.kill = kill

    def transform(self, results: dict) -> dict:
        if self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        while True:
            time.sleep(1)
