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
from mtcp_mm.engine.config_parts import require_model
from mtcp_mm.engine.sharing import share_settings
from mtcp_mm.engine.task_agreement import check_tasks
from mtcp_mm.utils import UnwritableError, UserError, is_pretrained

from .joining import find_difference
from .sizes import check_length, check_numbers, check_shares, empty_dataset

MOMENTS = {'exp_avg', 'exp_avg_sq', 'momentum_buffer'}
"""Optimizer states that have the shape of their parameter."""
WORKER_TIMEOUT = 600
"""Seconds that a DataLoader waits for a batch."""


@RUNNERS.register_module()
class StrictCheckpointRunner(Runner):
    """MMEngine's runner for any model, with strict checks of checkpoints and configs.

    - Loading a checkpoint runs no code from it and raises unless at least nine tenths of the tensors match in name and
      shape. They are counted over each module with pretrained weights in its ``init_cfg``; over the backbone if a
      training starts from ``load_from`` (its other parts may be new); and over the whole model if a training is resumed
      or a network is tested.
    - A config is checked before anything is built. ``tasks`` and ``data_root`` of its top level apply to all parts
      (:func:`share_settings`).
    - Checkpoints are written whole or not at all. A run ends if its log cannot be written, or if a worker gives no
      batch for :data:`WORKER_TIMEOUT` seconds.

    tools/train.py and tools/test.py use it unless a config has its own ``runner_type``; MMSegmentation's tools use it
    with ``runner_type='StrictCheckpointRunner'`` in the config.
    """

    @classmethod
    def from_cfg(cls, cfg: dict | ConfigDict | Config) -> 'StrictCheckpointRunner':
        """Builds a runner from a config; see :func:`share_settings`.

        Raises:
            ConfigError: Its settings contradict each other, or cannot work.
        """
        cfg = copy.deepcopy(cfg)
        share_settings(cfg)
        check_tasks(cfg)
        check_numbers(cfg)
        require_model(cfg)
        return super().from_cfg(cfg)

    @staticmethod
    def build_dataloader(
        dataloader: DataLoader | dict, seed: int | None = None, diff_rank_seed: bool = False
    ) -> DataLoader:
        """Builds a loader that waits :data:`WORKER_TIMEOUT` seconds for a batch, unless its config has a ``timeout``.

        Raises:
            ConfigError: It has nothing to load, or concatenates data sets whose labels have different meanings.
        """
        try:
            loader = Runner.build_dataloader(dataloader, seed, diff_rank_seed)
        except (TypeError, ValueError) as error:
            if str(error) == 'need at least one array to concatenate':  # MMEngine's message if there are no images
                raise empty_dataset(ConfigDict(dataloader['dataset'])) from error
            if difference := find_difference(error, dataloader):
                raise difference from error
            raise
        check_length(loader)
        if loader.num_workers and isinstance(dataloader, dict) and 'timeout' not in dataloader:
            loader.timeout = WORKER_TIMEOUT
        return loader

    def build_train_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        """Builds the loop of a training; see :meth:`mmengine.runner.Runner.build_train_loop`.

        Raises:
            ConfigError: Processes would get different numbers of batches.
        """
        loop = super().build_train_loop(loop)
        check_shares(loop.dataloader)
        return loop

    def _log_env(self, env_cfg: dict[str, Any]) -> None:
        """Logs the installed packages; one that fails to import does not stop the run."""
        with without_broken_torchvision():
            super()._log_env(env_cfg)

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Builds the logger. A log that cannot be written ends the run; Python would only print tracebacks."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if isinstance(handler, logging.FileHandler):
                handler.handleError = partial(end_run, handler)
        return logger

    def _init_model_weights(self) -> None:
        """Initializes the model, and checks that pretrained weights fit."""
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
            CheckpointError: The file is damaged, unsafe, or of another network.
        """
        with safe_loading(), matching_required(self._required_part(), filename):
            checkpoint = super().load_checkpoint(filename, map_location, strict, revise_keys)
        if self._resume:
            check_training(checkpoint, filename)
        # MMEngine's resume would run it as Python code. It is not needed: MMEngine saves its config as 'cfg'.
        (checkpoint.get('meta') or {}).pop('config', None)
        return checkpoint

    def resume(
        self,
        filename: str,
        resume_optimizer: bool = True,
        resume_param_scheduler: bool = True,
        map_location: str | Callable = 'default',
    ) -> None:
        """Resumes a training; see :meth:`mmengine.runner.Runner.resume`.

        Raises:
            CheckpointError: The file is damaged, unsafe, or of another network or training.
        """
        try:
            super().resume(filename, resume_optimizer, resume_param_scheduler, map_location)
            check_moments(self.optim_wrapper)
        except UserError:
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # The state belongs to another optimizer or schedule, or holds values that they cannot take.
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
        """Saves a checkpoint; a local file is written whole or not at all, whichever hook saves it.

        Raises:
            UnwritableError: The file cannot be written; an older one of that name is untouched.
        """
        if file_client_args is None and backend_args is None and '://' not in str(out_dir):
            backend_args = dict(backend='atomic')
        super().save_checkpoint(out_dir, filename, file_client_args, *args, backend_args=backend_args, **kwargs)

    @property
    def bare_model(self) -> nn.Module:
        """The model without wrappers (for distributed training or test-time augmentation)."""
        model = self.model
        while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
            model = model.module
        return model

    def _required_part(self) -> nn.Module:
        """Returns the part of the model that a checkpoint has to match."""
        starts_training = isinstance(self._train_loop, BaseLoop) and not self._resume
        return getattr(self.bare_model, 'backbone', self.bare_model) if starts_training else self.bare_model


def check_moments(wrapper: OptimWrapper | OptimWrapperDict) -> None:
    """Checks that the moments of an optimizer, if it has any, have the shapes of its parameters.

    Raises:
        ValueError: One has another shape.
    """
    for part in wrapper.values() if isinstance(wrapper, OptimWrapperDict) else [wrapper]:
        for parameter, state in part.optimizer.state.items():
            for name in MOMENTS & state.keys():
                if state[name] is not None and state[name].shape != parameter.shape:
                    raise ValueError(f'{name} of shape {tuple(state[name].shape)} of a {tuple(parameter.shape)} weight')


def end_run(handler: logging.FileHandler, record: logging.LogRecord) -> None:
    """Handles an error in writing a record to a log file.

    Raises:
        UnwritableError: The file cannot be written.
    """
    error = sys.exc_info()[1]
    if isinstance(error, OSError):
        raise UnwritableError.of(handler.baseFilename, error) from error
    logging.Handler.handleError(handler, record)


def pretrained_parts(model: nn.Module) -> Iterator[tuple[nn.Module, str]]:
    """Yields each module that is still to be initialized from a checkpoint, and the checkpoint's name."""
    for module in model.modules():
        settings = getattr(module, 'init_cfg', None) or []
        for cfg in [settings] if isinstance(settings, dict) else settings:
            if is_pretrained(cfg) and not getattr(module, 'is_init', False):
                yield module, cfg['checkpoint']
