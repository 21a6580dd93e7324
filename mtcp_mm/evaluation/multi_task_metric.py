from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmseg.registry import METRICS
from torch import Tensor

from mtcp_mm.tasks import Task, build_tasks
from mtcp_mm.tasks.builder import build_part
from mtcp_mm.utils import ConfigError

from .constant_predictor import ConstantPredictor
from .delta_m import check_references, delta_m
from .metric import Measure
from .metrics_file import work_dir, write_metrics
from .table import format_table


@METRICS.register_module()
class MultiTaskMetric(BaseMetric):
    """Scores all tasks of a data set, whose metainfo lists them as ``tasks``.

    Each task's config says which measures it has (:class:`Measure`); they are reported as ``<task>/<measure>``. An
    image adds one small entry of sums to the results, so they are right over ranks, the padded last batch included.
    After each evaluation the measures are logged as one table and written to a JSON file as
    ``{"network": {...}, "constant": {...}, "protocol": ...}``, with null for a measure without a valid pixel.

    Args:
        protocol: Whose formulas are used; see :class:`Measure`.
        baseline: Config of the training data set. From it a constant predictor is made, which is scored at the first
            evaluation only, since it never changes.
        single_task: Headline measures of single-task networks by task; with them ``delta_m`` is reported.
        out_dir: Where to write. By default the work directory of the runner.
        out_file: Name of the JSON file.
        **kwargs: See :class:`mmengine.evaluator.BaseMetric`.
    """

    default_prefix = ''  # the tasks' names tell the measures apart

    def __init__(
        self,
        protocol: str = 'mti',
        baseline: dict | None = None,
        single_task: dict[str, float] | None = None,
        out_dir: str | Path | None = None,
        out_file: str = 'metrics.json',
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.protocol = protocol
        self.baseline = baseline
        self.single_task = single_task
        self.out_dir = out_dir
        self.out_file = out_file
        self.constant: ConstantPredictor | None = None
        self.constant_scores: dict[str, float] = {}
        self.constant_scored = baseline is None

    @BaseMetric.dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        """Sets the data set's metainfo, and builds its tasks and their measures.

        Raises:
            ConfigError: It lists no tasks, or a task's measures cannot be.
        """
        if 'tasks' not in (dataset_meta or {}):
            raise ConfigError('the metainfo of the evaluated data set has no "tasks"; use a multi-task data set')
        self._dataset_meta = dataset_meta
        self.tasks = build_tasks(dataset_meta['tasks'])
        self.measures = {name: build_measures(task, self.protocol) for name, task in self.tasks.items()}
        if self.single_task is not None:
            check_references(self.tasks.values(), self.single_task)

    def process(self, data_batch: dict | None, data_samples: Sequence[dict]) -> None:
        """Adds one entry of sums an image: predictor -> task -> a tensor a measure.

        Raises:
            ValueError: A task has no prediction, or one of another size than its target.
        """
        if not self.constant_scored and self.constant is None:
            print_log('Reading the training targets for the constant predictor.', logger='current')
            self.constant = ConstantPredictor.fit(self.baseline, self.tasks)
        for sample in data_samples:
            maps = {name: read_maps(task, sample) for name, task in self.tasks.items()}
            entry = {'network': self._sums(maps)}
            if not self.constant_scored:
                constants = {
                    name: (self.constant.predict(self.tasks[name], target), target)
                    for name, (_, target) in maps.items()
                }
                entry['constant'] = self._sums(constants)
            self.results.append(entry)

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Adds the entries up, logs the table and writes the file; called on the first rank only.

        Raises:
            ValueError: No image was evaluated.
        """
        if not results:
            raise ValueError('no image was evaluated; the validation data set is empty')
        network = self._scores([entry['network'] for entry in results])
        if 'constant' in results[0]:
            self.constant_scores = self._scores([entry['constant'] for entry in results])
        if self.single_task is not None:
            network['delta_m'] = delta_m(self.tasks.values(), network, self.single_task)
        metrics = dict(network=network, constant=self.constant_scores, protocol=self.protocol)
        print_log(f'{len(results)} images\n{format_table(metrics)}', logger='current')
        if folder := self.out_dir or work_dir():
            write_metrics(Path(folder) / self.out_file, metrics)
        return network

    def evaluate(self, size: int) -> dict[str, float]:
        """See :meth:`mmengine.evaluator.BaseMetric.evaluate`; on every rank the constant is done with afterwards."""
        metrics = super().evaluate(size)
        self.constant_scored = True
        return metrics

    def _sums(self, maps: dict[str, tuple[Tensor, Tensor]]) -> dict[str, list[Tensor]]:
        return {name: [measure.image(*maps[name]).cpu() for measure in self.measures[name]] for name in maps}

    def _scores(self, entries: list[dict[str, list[Tensor]]]) -> dict[str, float]:
        scores = {}
        for name, task in self.tasks.items():
            values = {}
            for measure, parts in zip(self.measures[name], zip(*[e[name] for e in entries], strict=True), strict=True):
                values |= measure.summarize(add_up(parts))
            scores |= {f'{name}/{key}': values[key] for key in sorted(values, key=lambda key: key != task.headline)}
        return scores


def build_measures(task: Task, protocol: str) -> list[Measure]:
    """Builds the measures of a task, and tries them on a pixel that is void.

    Raises:
        ConfigError: A config cannot be, two measures report the same name, or none reports the headline that the
            task's config names.
    """
    measures = [
        build_part(METRICS, dict(config, task=task, protocol=protocol), f'a measure of task "{task.name}"')
        for config in task.metrics
    ]
    if foreign := [type(measure).__name__ for measure in measures if not isinstance(measure, Measure)]:
        raise ConfigError(
            f'{foreign[0]} among the metrics of task "{task.name}" is no measure of a task; use one that derives from '
            'mtcp_mm.evaluation.Measure'
        )
    names = [name for measure in measures for name in reported_names(measure, task)]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConfigError(f'two measures of task "{task.name}" report {twice[0]}; take one out of its metrics')
    # Of kinds that have no such setting, measures of the user's own may report what they like.
    headline = vars(task).get('headline')
    if names and headline and headline not in names:
        raise ConfigError(f'headline "{headline}" of task "{task.name}"; its measures report {", ".join(names)}')
    return measures


def reported_names(measure: Measure, task: Task) -> list[str]:
    """Returns what a measure reports, tried on a pixel that is void; nothing where a user's own cannot do with that."""
    target = task.to_tensor(task.empty(1, 1))
    try:
        return list(measure.summarize(measure.image(target, target).double()))
    except Exception:  # which real maps may never cause
        return []


def read_maps(task: Task, sample: dict) -> tuple[Tensor, Tensor]:
    """Returns a task's prediction and target (target_channels, H, W) of a data sample given as a dict.

    A target that the sample lacks is all void.

    Raises:
        ValueError: The prediction is missing, or of another shape than the target.
    """
    where = f'task "{task.name}", image {sample.get("img_path")}'
    if f'pred_{task.field}' not in sample:
        raise ValueError(f'{where}: the model gave no pred_{task.field}; give it the tasks of the data set')
    prediction = sample[f'pred_{task.field}']['data']
    if f'gt_{task.field}' not in sample:
        return prediction, torch.full_like(prediction, task.void)
    target = sample[f'gt_{task.field}']['data'].to(prediction.device)
    if prediction.shape != target.shape:
        raise ValueError(
            f'{where}: a prediction of shape {tuple(prediction.shape)} where the target has {tuple(target.shape)}; '
            'predictions are to be resized to the size of the target'
        )
    return prediction, target


def add_up(parts: Sequence[Tensor]) -> Tensor:
    """Adds tensors of one shape in float64."""
    total = torch.zeros(parts[0].shape, dtype=torch.float64)
    for part in parts:
        total += part
    return total
