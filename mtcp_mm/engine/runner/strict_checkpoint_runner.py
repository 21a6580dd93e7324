import copy
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

from mmengine.config import Config, ConfigDict
from mmengine.logging import MMLogger
from mmengine.model import BaseTTAModel, is_model_wrapper
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.runner import BaseLoop, Runner
from mmseg.registry import RUNNERS
from torch import nn
from torch.utils.data import DataLoader

from mtcp_mm.compat import without_broken_torchvision
from mtcp_mm.engine.checkpoint import CheckpointError, check_training, matching_required, safe_loading
from mtcp_mm.engine.sharing import check_tasks, share_settings
from mtcp_mm.utils import UnwritableError, UserError, is_pretrained

from .joining import find_unlike
from .sizes import check_length, check_numbers, check_shares, empty

MOMENTS = {'exp_avg', 'exp_avg_sq', 'momentum_buffer'}
"""What optimizers keep of each parameter, in its shape."""
PATIENCE = 600
"""Seconds after which a worker that gives no batch is taken to hang."""


@RUNNERS.register_module()
class StrictCheckpointRunner(Runner):
    """MMEngine's runner, which reads checkpoints without running code from them and demands that they fit.

    Nine tenths of the tensors must match, each time with names and shapes, or it raises: of each module that has
    pretrained weights in its ``init_cfg``, of the backbone where a training starts from ``load_from`` (its other parts
    may be new), and of the whole model where a training is resumed or a network is tested.

    Its configs mean what they do to this project's own tools (:func:`share_settings`), and are checked before anything
    is built. Checkpoints are written whole or not at all, a log that cannot be written ends the run, and so does a
    worker that gives no batch for :data:`PATIENCE` seconds.

    In a config: ``runner_type='StrictCheckpointRunner'``.
    """

    @classmethod
    def from_cfg(cls, cfg: dict | ConfigDict | Config) -> 'StrictCheckpointRunner':
        """Builds a runner from a config, whose parts go with its top level; see :func:`share_settings`.

        Raises:
            ConfigError: Its settings contradict each other, or cannot work.
        """
        cfg = copy.deepcopy(cfg)
        share_settings(cfg)
        check_tasks(cfg)
        check_numbers(cfg)
        return super().from_cfg(cfg)

    @staticmethod
    def build_dataloader(
        dataloader: DataLoader | dict, seed: int | None = None, diff_rank_seed: bool = False
    ) -> DataLoader:
        """Builds a loader, which waits for a batch no longer than :data:`PATIENCE`, unless its config says how long.

        Raises:
            ConfigError: It would load nothing, or data sets put together whose predictions mean different things.
        """
        try:
            loader = Runner.build_dataloader(dataloader, seed, diff_rank_seed)
        except (TypeError, ValueError) as error:
            if str(error) == 'need at least one array to concatenate':  # MMEngine's word for a data set without images
                raise empty(ConfigDict(dataloader['dataset'])) from error
            if unlike := find_unlike(error, dataloader):
                raise unlike from error
            raise
        check_length(loader)
        if loader.num_workers and isinstance(dataloader, dict) and 'timeout' not in dataloader:
            loader.timeout = PATIENCE
        return loader

    def build_train_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        """Builds the loop of a training; see :meth:`mmengine.runner.Runner.build_train_loop`.

        Raises:
            ConfigError: Its processes would wait for each other for ever.
        """
        loop = super().build_train_loop(loop)
        check_shares(loop.dataloader)
        return loop

    def _log_env(self, env_cfg: dict[str, Any]) -> None:
        """Logs what is installed, which must not keep a run from starting."""
        with without_broken_torchvision():
            super()._log_env(env_cfg)

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Builds the logger; a log that cannot be written ends the run, in place of a traceback a line."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if isinstance(handler, logging.FileHandler):
                handler.handleError = partial(end_run, handler)
        return logger

    def _init_model_weights(self) -> None:
        """Initializes the model."""
        with ExitStack() as stack:
            stack.enter_context(safe_loading())
            for module, source in pretrained_parts(self.bare_model):
                stack.enter_context(matching_required(module, source))
            super()._init_model_weights()

    def load_checkpoint(
        self,
        filename: str,
        map_location: str | Callable = 'cpu',
        strict: bool = False,
        revise_keys: list = [(r'^module\.', '')],  # noqa: B006  # MMEngine's default
    ) -> dict[str, Any]:
        """Loads a checkpoint into the model; see :meth:`mmengine.runner.Runner.load_checkpoint`.

        Raises:
            CheckpointError: It is damaged, unsafe, or of another network.
        """
        with safe_loading(), matching_required(self._required_part(), filename):
            checkpoint = super().load_checkpoint(filename, map_location, strict, revise_keys)
        if self._resume:
            check_training(checkpoint, filename)
        # MMEngine's resume would run it as Python code. It writes none: its own config is saved as 'cfg'.
        (checkpoint.get('meta') or {}).pop('config', None)
        return checkpoint

    def resume(
        self,
        filename: str,
        resume_optimizer: bool = True,
        resume_param_scheduler: bool = True,
        map_location: str | Callable = 'default',
    ) -> None:
        """Takes up a training where its checkpoint left it; see :meth:`mmengine.runner.Runner.resume`.

        Raises:
            CheckpointError: It is damaged, unsafe, or of another network or training.
        """
        try:
            super().resume(filename, resume_optimizer, resume_param_scheduler, map_location)
            check_moments(self.optim_wrapper)
        except UserError:
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # The state is that of another optimizer or schedule, or holds values that these cannot take.
            raise CheckpointError(
                f'{filename} cannot be resumed in this training ({type(error).__name__}: {error}). Resume with the '
                'config that it was saved with, or start anew from its weights: load_from, without --resume'
            ) from error

    def save_checkpoint(
        self,
        out_dir: str,
        filename: str,
        file_client_args: dict | None = None,
        *args: Any,
        backend_args: dict | None = None,
        **kwargs: Any,
    ) -> None:
        """Saves a checkpoint; a local file whole or not at all, whatever hook asks for it.

        Raises:
            UnwritableError: It cannot be written; what was there before is untouched.
        """
        if file_client_args is None and backend_args is None and '://' not in str(out_dir):
            backend_args = dict(backend='atomic')
        super().save_checkpoint(out_dir, filename, file_client_args, *args, backend_args=backend_args, **kwargs)

    @property
    def bare_model(self) -> nn.Module:
        """The model without wrappers for several devices or test-time augmentation."""
        model = self.model
        while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
            model = model.module
        return model

    def _required_part(self) -> nn.Module:
        """Returns the part of the model that a checkpoint has to fit."""
        starts_training = isinstance(self._train_loop, BaseLoop) and not self._resume
        return getattr(self.bare_model, 'backbone', self.bare_model) if starts_training else self.bare_model


def check_moments(wrapper: OptimWrapper | OptimWrapperDict) -> None:
    """Demands that the moments of an optimizer, if it has any, are those of its parameters.

    Raises:
        ValueError: They have other shapes.
    """
    for part in wrapper.values() if isinstance(wrapper, OptimWrapperDict) else [wrapper]:
        for parameter, state in part.optimizer.state.items():
            for name in MOMENTS & state.keys():
                if state[name] is not None and state[name].shape != parameter.shape:
                    raise ValueError(f'{name} of shape {tuple(state[name].shape)} of a {tuple(parameter.shape)} weight')


def end_run(handler: logging.FileHandler, record: logging.LogRecord) -> None:
    """Handles an error that kept a record from being logged.

    Raises:
        UnwritableError: The file cannot be written.
    """
    error = sys.exc_info()[1]
    if isinstance(error, OSError):
        raise UnwritableError.of(handler.baseFilename, error) from error
    logging.Handler.handleError(handler, record)


def pretrained_parts(model: nn.Module) -> Iterator[tuple[nn.Module, str]]:
    """Yields the modules that are still to be initialized from a checkpoint, each with the checkpoint's name."""
    for module in model.modules():
        settings = getattr(module, 'init_cfg', None) or []
        for cfg in [settings] if isinstance(settings, dict) else settings:
            if is_pretrained(cfg) and not getattr(module, 'is_init', False):
                yield module, cfg['checkpoint']
