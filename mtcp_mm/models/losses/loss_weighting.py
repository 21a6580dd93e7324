"""Combines the raw losses into the total that is minimised."""

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence

import torch
from mmengine.dist import get_world_size
from mmengine.utils import is_list_of
from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.tasks import build_tasks, split_tasks
from mtcp_mm.tasks.settings import check_number
from mtcp_mm.utils import ConfigError, UserError

from .names import LossTerm, check_task_names, is_loss, parse_loss, task_loss, without_prefix
from .reduction import mean_over_ranks

PROJECTIONS: dict[str | None, Callable[[Tensor, float], Tensor]] = {
    'log1p': lambda loss, eps: torch.log1p(eps + loss),
    'log': lambda loss, eps: torch.log(eps + loss),
    None: lambda loss, eps: loss,
}
INTERMEDIATE = ('mean', 'sum')


class NonFiniteLossError(UserError, RuntimeError):
    """A loss is infinite or not a number. Raised before the backward pass, on every rank."""


@MODELS.register_module()
class LossWeighting(nn.Module):
    """Projects, weights and sums the raw losses l; replaces a model's ``parse_losses``.

    ::

        L     = log(1 + eps + l)                                                             (MT-CP, eq. 3)
        total = sum_t w_t L_t + sum_t (1/S_t) sum_s w_t L_{t,s} + sum of the necks' losses   (MT-CP, eq. 7)

    ``loss_<task>`` scores a task's final prediction, ``loss_<task>_s<k>`` its k-th intermediate one. S_t is the number
    of intermediate predictions of task t, the same for all tasks in the paper. An auxiliary task has intermediate
    predictions only. Any other ``loss_<name>`` belongs to a neck, which has weighted it; it is added unchanged.

    Values are means over all ranks. Gradients are scaled so that their mean over the ranks, which DDP takes, is the
    gradient of the global total. A task without a valid pixel on any rank, whose raw loss is exactly zero, adds
    nothing.

    Args:
        tasks: The task list. None for a stock model: each name that contains ``loss`` then counts as a task.
        projection: ``'log1p'`` as above, ``'log'`` for log(eps + l), None for l itself.
        weights: w_t by task; 1 for the others. :class:`LossPrioritizationHook` sets those of the main tasks.
        intermediate: How a task's intermediate predictions count: ``'mean'`` as above, ``'sum'`` without 1/S_t, or a
            factor in place of 1/S_t.
        eps: Small constant in the logarithm.

    Raises:
        ConfigError: ``projection`` or ``intermediate`` is unknown, a weight is negative or that of no task, all are
            zero, or a task is named like an intermediate prediction of another.

    Attributes:
        tasks: All tasks by name, or None.
        main_tasks: Names of the main tasks, or None.
        task_weights: w_t by task, if set; see :meth:`set_weights`.
        latest: L_t of the final predictions at the last call, the same on all ranks. Auxiliary tasks and tasks without
            a valid pixel are left out.
        context: What the losses were computed on (iteration, files), for error messages.
    """

    def __init__(
        self,
        tasks: Sequence[dict] | None = None,
        projection: str | None = 'log1p',
        weights: Mapping[str, float] | None = None,
        intermediate: str | float = 'mean',
        eps: float = 1e-6,
    ) -> None:
        super().__init__()
        if projection not in PROJECTIONS:
            raise ConfigError(f'projection {projection!r} is unknown; choose one of {list(PROJECTIONS)}')
        check_number('eps of LossWeighting', eps, least=0)
        if isinstance(intermediate, str):
            if intermediate not in INTERMEDIATE:
                raise ConfigError(f"intermediate={intermediate!r} of LossWeighting; give 'mean', 'sum' or a factor")
        else:
            check_number('intermediate of LossWeighting', intermediate, least=0)
        self.tasks = None if tasks is None else build_tasks(tasks)
        self.main_tasks = None if self.tasks is None else tuple(split_tasks(self.tasks)[0])
        check_task_names(self.tasks or ())
        self.projection = projection
        self.intermediate = intermediate
        self.eps = eps
        self.task_weights: dict[str, float] = {}
        self.latest: dict[str, float] = {}
        self.context = ''
        self.set_weights(weights or {})

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """Sets the weights of some tasks; the others keep theirs.

        Raises:
            ConfigError: A name is not that of a task, a weight is negative or not a number, or all are zero.
        """
        unknown = [task for task in weights if self.tasks is not None and task not in self.tasks]
        if unknown:
            raise ConfigError(f'weights for {unknown}, which are not tasks; the tasks are {list(self.tasks)}')
        for task, weight in weights.items():
            check_number(f'the weight of the loss of task "{task}"', weight, least=0)
        self.task_weights.update(weights)
        if self.tasks and not any(self.task_weights.get(task, 1) for task in self.tasks):
            raise ConfigError(f'the weights of all tasks ({", ".join(self.tasks)}) are 0; set one above 0')

    def forward(self, losses: Mapping[str, Tensor | list[Tensor]]) -> tuple[Tensor, OrderedDict[str, Tensor]]:
        """Sums the losses, as :meth:`mmengine.model.BaseModel.parse_losses` does.

        Args:
            losses: Losses by name (see :mod:`mtcp_mm.models.losses.names`), unweighted except those of necks; and
                scalars that are only logged. A tensor is averaged; the means of a list of tensors are summed. Names
                must be the same on all ranks.

        Returns:
            The total, and the values to log: the total as ``loss``, each loss and scalar under its name. Those of the
            losses are on the CPU, so that loggers need not wait for the device.

        Raises:
            TypeError: A value is neither a tensor nor a list of tensors.
            ValueError: There is no loss.
            ConfigError: A main task has no loss, or the name of a loss is invalid; see
                :func:`~mtcp_mm.models.losses.names.parse_loss`.
            NonFiniteLossError: A loss is infinite or not a number.
        """
        scalars = OrderedDict((key, _scalar(key, value)) for key, value in losses.items())
        terms = [self._term(key) for key in scalars if is_loss(key)]
        self._check(terms)
        local = torch.stack([scalars[term.key] for term in terms]).float()
        mean = mean_over_ranks(local)
        values = self._project(terms, mean + (local - local.detach()))
        total = (values * values.new_tensor(self._coefficients(terms))).sum()
        host = read_on_host(torch.cat([mean, values.detach(), total.detach()[None]]))
        raw, projected, (logged_total,) = host.tensor_split((len(terms), 2 * len(terms)))
        self._record(terms, raw.tolist(), projected.tolist(), local)
        logged = scalars | dict(zip((term.key for term in terms), raw, strict=True))
        return total, OrderedDict(loss=logged_total) | logged

    def _term(self, key: str) -> LossTerm:
        """Returns what a loss scores; in a stock model each loss is a task."""
        return LossTerm(key, key) if self.tasks is None else parse_loss(key, self.tasks)

    def _check(self, terms: Sequence[LossTerm]) -> None:
        """Checks that there are losses, among them one for each main task."""
        keys = [term.key for term in terms]
        if not keys:
            raise ValueError('there is no loss; a loss has "loss" in its name')
        # The loss of a misspelt task would count as a neck's.
        if missing := [task for task in self.main_tasks or () if task_loss(task) not in keys]:
            raise ConfigError(
                f'there is no {task_loss(missing[0])} among {", ".join(keys)}; the head must score each main task '
                f'({", ".join(self.main_tasks)})'
            )

    def _project(self, terms: Sequence[LossTerm], losses: Tensor) -> Tensor:
        """Projects the losses of tasks (N,); those of necks stay."""
        project = PROJECTIONS[self.projection]
        values = []
        for term, loss in zip(terms, losses.unbind(), strict=True):
            # Zero means no valid pixel on any rank. It stays zero, but keeps the graph that DDP needs.
            values.append(loss if term.task is None else torch.where(loss == 0, loss, project(loss, self.eps)))
        return torch.stack(values)

    def _coefficients(self, terms: Sequence[LossTerm]) -> list[float]:
        """Returns the factor of each term in the total."""
        stages = Counter(term.task for term in terms if term.stage is not None)
        return [self._coefficient(term, stages[term.task]) for term in terms]

    def _coefficient(self, term: LossTerm, stages: int) -> float:
        """Returns the factor of a term; ``stages`` is the number of its task's intermediate predictions."""
        if term.task is None:
            return 1.0
        weight = self.task_weights.get(term.task, 1.0)
        if term.stage is None or self.intermediate == 'sum':
            return weight
        return weight / stages if self.intermediate == 'mean' else weight * self.intermediate

    def _record(self, terms: Sequence[LossTerm], raw: list[float], projected: list[float], local: Tensor) -> None:
        """Stores the values of the main tasks' final predictions for the LPS hook, and raises if one is not finite."""
        if not all(map(math.isfinite, projected)):
            self._raise_non_finite(terms, raw, projected, local.tolist())
        self.latest = {
            term.task: value
            for term, loss, value in zip(terms, raw, projected, strict=True)
            if self._is_main_prediction(term) and loss != 0
        }

    def _is_main_prediction(self, term: LossTerm) -> bool:
        """Whether a term scores the final prediction of a main task."""
        final = term.task is not None and term.stage is None
        return final and (self.main_tasks is None or term.task in self.main_tasks)

    def _raise_non_finite(
        self, terms: Sequence[LossTerm], raw: list[float], projected: list[float], local: list[float]
    ) -> None:
        """Raises a :class:`NonFiniteLossError` that names the losses and the batch."""
        faults, tasks = [], set()
        for term, loss, value, own in zip(terms, raw, projected, local, strict=True):
            if math.isfinite(value):
                continue
            ranks = f' over all ranks, {own:g} on this one' if get_world_size() > 1 else ''
            projection = f', projected by {self.projection} to {value:g}' if math.isfinite(loss) else ''
            faults.append(f'{term.key} = {loss:g}{ranks}{projection}')
            tasks |= {term.task or without_prefix(term.key)}
        raise NonFiniteLossError(
            f'the loss of {", ".join(sorted(tasks))} is not finite: {"; ".join(faults)}. Batch: '
            f'{self.context or "unknown, since BatchContextHook is not among the hooks"}. No step was taken. Check '
            'these inputs and targets, lower the learning rate or clip the gradients'
        )


def _scalar(key: str, value: Tensor | list[Tensor]) -> Tensor:
    """Averages a tensor, or sums the means of a list of tensors."""
    if isinstance(value, Tensor):
        return value.mean()
    if is_list_of(value, Tensor):
        return sum(part.mean() for part in value)
    raise TypeError(f'{key} is not a tensor or list of tensors')


def read_on_host(values: Tensor) -> Tensor:
    """Copies all values that are checked, kept and logged in one transfer, the only one of a training step."""
    return values.cpu()
