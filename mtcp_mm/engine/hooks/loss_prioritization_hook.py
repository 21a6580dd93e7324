from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from statistics import fmean
from typing import Any

from mmengine.hooks import Hook
from mmengine.hooks.hook import DATA_BATCH
from mmengine.model import is_model_wrapper
from mmengine.runner import IterBasedTrainLoop, Runner
from mmseg.registry import HOOKS
from torch import nn

from mtcp_mm.engine.checkpoint import CheckpointError
from mtcp_mm.models.losses import LossWeighting
from mtcp_mm.models.losses.names import SHARE, WEIGHT, without_prefix
from mtcp_mm.tasks.settings import check_number
from mtcp_mm.utils import ConfigError


def loss_shares(losses: Mapping[str, float]) -> dict[str, float]:
    """Returns each task's share r_t of the sum of the losses; zeros where the sum is zero."""
    total = sum(losses.values())
    return {task: loss / total if total else 0.0 for task, loss in losses.items()}


def prioritize(history: Sequence[Mapping[str, float]], kappa: float = 2.5, w_min: float = 0.05) -> dict[str, float]:
    """Gives tasks larger weights the more slowly their losses fall (MT-CP, eq. 4 to 6).

    ::

        r_t^e = L_t^e / sum_j L_j^e                     share of the sum
        p_t   = mean over the epochs of r_t^e / r_t^{e-1}
        w_t   = max(m + kappa (p_t - m), w_min)         m = mean_t p_t

    The lower bound is not in the paper, where a weight can turn negative.

    Args:
        history: L_t of each task, one entry per epoch, oldest first, with the same tasks in all. With a history length
            of H, these are the last H + 1 epochs.
        kappa: Spread of the weights around their mean.
        w_min: Lower bound of the weights.

    Returns:
        w_t of each task of the last epoch; all 1 while fewer than two epochs are known.
    """
    if len(history) < 2:
        return dict.fromkeys(history[-1], 1.0) if history else {}
    shares = [loss_shares(losses) for losses in history]
    pace = {
        # Without a share before, the pace is unknown: assume no change.
        task: fmean(new[task] / old[task] if old[task] else 1.0 for old, new in pairwise(shares))
        for task in history[-1]
    }
    mean = fmean(pace.values())
    return {task: max(mean + kappa * (p - mean), w_min) for task, p in pace.items()}


@HOOKS.register_module()
class LossPrioritizationHook(Hook):
    """Sets the tasks' weights each epoch or every N iterations (LPS, Loss Prioritization Scheme; MT-CP, section 3.5).

    The model's :class:`LossWeighting` gives L_t of the final predictions after each iteration, the same on all ranks.
    Their means over an interval are the history, from which :func:`prioritize` makes the weights of the next interval.
    If a task has no valid pixel in an interval, it keeps its last L_t. Auxiliary tasks keep their weights.

    The hook sets weights and nothing else. The model decides whether L_t is a logarithm:
    ``loss_weighting=dict(projection=...)``. The rows of the paper's table 4:

    ============  =========  ===========
    row           this hook  projection
    ============  =========  ===========
    ``ew``        no         None
    ``log``       no         ``'log1p'``
    ``priority``  yes        None
    ``lps``       yes        ``'log1p'``
    ============  =========  ===========

    A stock model has no loss weighting. It gets one, in which each of its losses counts as a task.

    The state is kept in the message hub, which MMEngine saves with each checkpoint and restores on ``resume``, not on
    ``load_from``. Weights and shares are logged as ``lps/weight_<task>`` and ``lps/share_<task>``.

    Args:
        kappa: Spread of the weights around their mean.
        history: Epochs H over which the pace of a task is averaged.
        w_min: Lower bound of the weights.
        interval: Iterations between two updates; None updates once per epoch.
        stock_weighting: Arguments of the :class:`LossWeighting` that a stock model gets, such as
            ``dict(projection=None)``. Not for a model that has one.

    Raises:
        ConfigError: A setting is out of its range.
    """

    priority = 'NORMAL'  # before CheckpointHook (VERY_LOW), so that an epoch's checkpoint holds that epoch's update
    state_key = 'loss_prioritization'

    def __init__(
        self,
        kappa: float = 2.5,
        history: int = 1,
        w_min: float = 0.05,
        interval: int | None = None,
        stock_weighting: dict | None = None,
    ) -> None:
        if history < 1 or (interval is not None and interval < 1):
            raise ConfigError(
                f'history ({history}) and interval ({interval}) of LossPrioritizationHook must be at least 1'
            )
        for name, value in (('kappa', kappa), ('w_min', w_min)):
            check_number(f'{name} of LossPrioritizationHook', value, least=0)
        self.kappa = kappa
        self.history = history
        self.w_min = w_min
        self.interval = interval
        self.stock_weighting = stock_weighting

    def before_train(self, runner: Runner) -> None:
        """Finds or installs the model's loss weighting, and sets its weights from the state, new or resumed.

        Raises:
            ConfigError: ``interval`` is None in an iteration-based training, or ``stock_weighting`` is given for a
                model that has a loss weighting.
            CheckpointError: The resumed state is not one of this hook.
        """
        if self.interval is None and isinstance(runner.train_loop, IterBasedTrainLoop):
            raise ConfigError(
                'LossPrioritizationHook: this training is iteration-based; set interval to a number of iterations'
            )
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        self.weighting = find_or_install(model, self.stock_weighting)
        # history: L_t by task of the last H + 1 intervals; sums: [sum of L_t, count] by task in the current one.
        self.state = runner.message_hub.get_info(self.state_key) or dict(history=[], sums={})
        if not is_state(self.state):
            raise CheckpointError(
                f'{runner._load_from or "The resumed checkpoint"} has a {self.state_key} that LossPrioritizationHook '
                'did not save. Resume from another checkpoint'
            )
        runner.message_hub.update_info(self.state_key, self.state)
        self._apply(runner)

    def before_train_epoch(self, runner: Runner) -> None:
        """Discards an interrupted epoch, which MMEngine restarts."""
        if self.interval is None:
            self.state['sums'] = {}

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: DATA_BATCH = None, outputs: dict | None = None
    ) -> None:
        """Adds the iteration's losses to the interval's."""
        for task, loss in self.weighting.latest.items():
            total, count = self.state['sums'].get(task, (0.0, 0))
            self.state['sums'][task] = [total + loss, count + 1]
        if self.interval is not None and self.every_n_train_iters(runner, self.interval):
            self._update(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Updates the weights at the end of an epoch, unless ``interval`` is set."""
        if self.interval is None:
            self._update(runner)

    def _update(self, runner: Runner) -> None:
        """Ends the interval: adds its mean losses to the history and updates the weights."""
        past = self.state['history']
        means = {task: total / count for task, (total, count) in self.state['sums'].items()}
        self.state['sums'] = {}
        if means:
            latest = (past[-1] if past else {}) | means
            if past and past[-1].keys() != latest.keys():
                past = []  # a task was seen for the first time: its pace is known after one more interval
            self.state['history'] = [*past, latest][-self.history - 1 :]
        self._apply(runner)

    def _apply(self, runner: Runner) -> None:
        """Sets and logs the weights that follow from the history."""
        history = self.state['history']
        weights = dict.fromkeys(self.weighting.main_tasks or (), 1.0)
        if history:
            weights |= prioritize(history, self.kappa, self.w_min)
            runner.logger.info(f'Loss weights from now on: { {task: round(w, 4) for task, w in weights.items()} }')
        self.weighting.set_weights(weights)
        self._log(runner, WEIGHT, weights)
        self._log(runner, SHARE, loss_shares(history[-1]) if history else {})

    @staticmethod
    def _log(runner: Runner, prefix: str, values: Mapping[str, float]) -> None:
        """Logs weights or shares by task."""
        for task, value in values.items():
            # MMEngine smooths scalars whose names contain "loss", as a stock model's losses do.
            runner.message_hub.update_scalar(f'train/{prefix}{without_prefix(task)}', value)


def is_state(state: Any) -> bool:
    """Whether a value has the form of the hook's state: losses of past intervals, sums and counts of this one."""
    if not (isinstance(state, Mapping) and state.keys() == {'history', 'sums'} and isinstance(state['history'], list)):
        return False
    parts = [*state['history'], state['sums']]
    if not all(isinstance(part, Mapping) and all(isinstance(task, str) for task in part) for part in parts):
        return False
    numbers = [loss for losses in state['history'] for loss in losses.values()]
    sums = list(state['sums'].values())
    if not all(isinstance(entry, list | tuple) and len(entry) == 2 for entry in sums):
        return False
    return all(type(number) in (int, float) for number in (*numbers, *chain.from_iterable(sums)))


def find_or_install(model: nn.Module, stock_weighting: dict | None) -> LossWeighting:
    """Returns a model's loss weighting. In a stock model, installs one in place of ``parse_losses``.

    Raises:
        ConfigError: The model has one, but ``stock_weighting`` is given.
    """
    weighting = getattr(model, 'loss_weighting', None)
    if weighting is None:
        model.loss_weighting = LossWeighting(**(stock_weighting or {}))
        model.parse_losses = model.loss_weighting.forward
    elif stock_weighting is not None and model.parse_losses != weighting.forward:  # else an earlier training set it
        raise ConfigError(
            f'stock_weighting={stock_weighting} of LossPrioritizationHook is for stock models; {type(model).__name__} '
            'has a loss weighting: set model.loss_weighting instead'
        )
    return model.loss_weighting
