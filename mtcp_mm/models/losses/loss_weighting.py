"""From raw losses to the one that is minimised."""

import math
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from mmengine.dist import get_world_size
from mmengine.utils import is_list_of
from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.tasks.settings import check_number
from mtcp_mm.utils import ConfigError

from .reduction import mean_over_ranks

PROJECTIONS: dict[str | None, Callable[[Tensor, float], Tensor]] = {
    'log1p': lambda loss, eps: torch.log1p(eps + loss),
    'log': lambda loss, eps: torch.log(eps + loss),
    None: lambda loss, eps: loss,
}
INTERMEDIATE = re.compile(r'(loss_.+)_s(\d+)')


class NonFiniteLossError(RuntimeError):
    """A loss is infinite or not a number; raised before the backward pass, on every rank."""


class LossTerm(NamedTuple):
    """One raw loss: its name, its task (None: of no task), its stage (None: of the final prediction)."""

    key: str
    task: str | None = None
    stage: int | None = None


@MODELS.register_module()
class LossWeighting(nn.Module):
    """Projects, weights and sums the raw losses l; stands in for a model's ``parse_losses``.

    ::

        L     = log(1 + eps + l)                                                             (MT-CP, eq. 3)
        total = sum_t w_t L_t + (1/S) sum_s sum_t w_t L_{t,s} + sum_other weight * l         (MT-CP, eq. 7)

    ``loss_<task>`` scores a task's final prediction, ``loss_<task>_s<k>`` its k-th intermediate one (S of them).
    Values are those of all ranks, gradients those of this rank as a part of them, so that the mean of the gradients
    over the ranks is the gradient of the global total. A task without a valid pixel on any rank, whose raw loss is
    exactly zero, adds nothing.

    Args:
        tasks: Names of the tasks. None, for a stock model: each key that contains ``loss`` is a task, of that name.
        projection: ``'log1p'`` as above, ``'log'`` for log(eps + l), None for l itself.
        weights: w_t by task where it is not one; the prioritization, where it is on, sets them anew.
        others: Weights of the losses that belong to no task, by name. They are not projected.
        eps: Small constant in the logarithm.

    Raises:
        ConfigError: The projection is unknown, a weight is negative or of no task, or a task has the name of a loss
            among ``others``.

    Attributes:
        task_weights: w_t by task, one where none is set; see :meth:`set_weights`.
        latest: L_t of the final predictions at the last call, the same on all ranks; tasks without a valid pixel are
            left out.
        context: What the losses were computed on (iteration, files), for error messages.
    """

    def __init__(
        self,
        tasks: Sequence[str] | None = None,
        projection: str | None = 'log1p',
        weights: Mapping[str, float] | None = None,
        others: Mapping[str, float] | None = None,
        eps: float = 1e-6,
    ) -> None:
        super().__init__()
        if projection not in PROJECTIONS:
            raise ConfigError(f'projection {projection!r} is unknown; choose one of {list(PROJECTIONS)}')
        self.tasks = None if tasks is None else tuple(tasks)
        self.projection = projection
        self.others = dict({'loss_coherence': 0.1} if others is None else others)
        check_number('eps of LossWeighting', eps, least=0)
        for key, weight in self.others.items():
            check_number(f'the weight of {key} in others of LossWeighting', weight, least=0)
        if taken := [task for task in self.tasks or () if f'loss_{task}' in self.others]:
            raise ConfigError(
                f'loss_{taken[0]} is the loss of task "{taken[0]}" and among others of LossWeighting; rename the task, '
                'or set others without it'
            )
        self.eps = eps
        self.task_weights: dict[str, float] = {}
        self.latest: dict[str, float] = {}
        self.context = ''
        self._task_of = {f'loss_{task}': task for task in self.tasks or ()}
        self.set_weights(weights or {})

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """Sets weights of tasks; those not named keep theirs.

        Raises:
            ConfigError: A name is not that of a task, or a weight is negative or no number.
        """
        unknown = [task for task in weights if self.tasks is not None and task not in self.tasks]
        if unknown:
            raise ConfigError(f'weights for {unknown}, which are no tasks; the tasks are {list(self.tasks)}')
        for task, weight in weights.items():
            check_number(f'the weight of the loss of task "{task}"', weight, least=0)
        self.task_weights.update(weights)
        if self.tasks and not any(self.task_weights.get(task, 1) for task in self.tasks):
            raise ConfigError(f'the losses of all tasks, {", ".join(self.tasks)}, weigh 0; give one a weight')

    def forward(self, losses: Mapping[str, Tensor | list[Tensor]]) -> tuple[Tensor, OrderedDict[str, Tensor]]:
        """Sums the losses, as :meth:`mmengine.model.BaseModel.parse_losses` does.

        Args:
            losses: Raw losses (names that contain ``loss``) and scalars to be logged only; a tensor counts with its
                mean, a list with the sum of its tensors' means. Names are the same on all ranks.

        Returns:
            The total, and what is logged: the total as ``loss``, each raw loss and each other scalar by its name.

        Raises:
            TypeError: A value is no tensor and no list of tensors.
            ValueError: A loss is of no known task and not among ``others``, or there is no loss.
            NonFiniteLossError: A loss is infinite or not a number.
        """
        scalars = OrderedDict((key, _scalar(key, value)) for key, value in losses.items())
        terms = [self._term(key) for key in scalars if 'loss' in key]
        if not terms:
            raise ValueError(f'no loss among {list(scalars)}; a loss has "loss" in its name')
        local = torch.stack([scalars[term.key] for term in terms]).float()
        mean = mean_over_ranks(local)
        values = self._project(terms, mean + (local - local.detach()))
        self._note(terms, mean, values, local)
        total = (values * values.new_tensor(self._coefficients(terms))).sum()
        logged = scalars | dict(zip((term.key for term in terms), mean, strict=True))
        return total, OrderedDict(loss=total.detach()) | logged

    def _term(self, key: str) -> LossTerm:
        if key in self.others:
            return LossTerm(key)
        if self.tasks is None:
            return LossTerm(key, key)
        if key in self._task_of:
            return LossTerm(key, self._task_of[key])
        match = INTERMEDIATE.fullmatch(key)
        if match and match[1] in self._task_of:
            return LossTerm(key, self._task_of[match[1]], int(match[2]))
        known = [*self._task_of, *(f'{name}_s<k>' for name in self._task_of), *self.others]
        raise ValueError(f'loss "{key}" is unknown; known are {known}. Give it a weight in others of LossWeighting')

    def _project(self, terms: Sequence[LossTerm], losses: Tensor) -> Tensor:
        project = PROJECTIONS[self.projection]
        values = []
        for term, loss in zip(terms, losses.unbind(), strict=True):
            # Zero means no valid pixel on any rank: it stays a zero, with the graph that DDP wants to see.
            values.append(loss if term.task is None else torch.where(loss == 0, loss, project(loss, self.eps)))
        return torch.stack(values)

    def _coefficients(self, terms: Sequence[LossTerm]) -> list[float]:
        stages = len({term.stage for term in terms if term.stage is not None})
        return [
            self.others[term.key]
            if term.task is None
            else self.task_weights.get(term.task, 1.0) / (1 if term.stage is None else stages)
            for term in terms
        ]

    def _note(self, terms: Sequence[LossTerm], mean: Tensor, values: Tensor, local: Tensor) -> None:
        """Keeps the final predictions' values for the prioritization, and refuses non-finite ones."""
        # One transfer to the host for all of them.
        raw, projected = torch.stack([mean, values.detach()]).tolist()
        if not all(map(math.isfinite, projected)):
            self._refuse(terms, raw, projected, local.tolist())
        self.latest = {
            term.task: value
            for term, loss, value in zip(terms, raw, projected, strict=True)
            if term.task is not None and term.stage is None and loss != 0
        }

    def _refuse(self, terms: Sequence[LossTerm], raw: list[float], projected: list[float], local: list[float]) -> None:
        faults, tasks = [], set()
        for term, loss, value, own in zip(terms, raw, projected, local, strict=True):
            if math.isfinite(value):
                continue
            where = f' over all ranks, {own:g} on this one' if get_world_size() > 1 else ''
            how = f', projected by {self.projection} to {value:g}' if math.isfinite(loss) else ''
            faults.append(f'{term.key} = {loss:g}{where}{how}')
            tasks |= {term.task or 'no task'}
        raise NonFiniteLossError(
            f'the loss of {", ".join(sorted(tasks))} is not finite: {"; ".join(faults)}. Batch: '
            f'{self.context or "unknown, since BatchContextHook is not among the hooks"}. No step was taken. Look at '
            'these inputs and targets, lower the learning rate or clip the gradients'
        )


def _scalar(key: str, value: Tensor | list[Tensor]) -> Tensor:
    if isinstance(value, Tensor):
        return value.mean()
    if is_list_of(value, Tensor):
        return sum(part.mean() for part in value)
    raise TypeError(f'{key} is not a tensor or list of tensors')
