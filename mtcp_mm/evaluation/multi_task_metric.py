from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmseg.registry import METRICS
from torch import Tensor

from mtcp_mm.tasks import DataError, Task, build_tasks, split_tasks
from mtcp_mm.tasks.builder import build_part
from mtcp_mm.utils import ConfigError

from .baseline_predictor import BaselinePredictor
from .delta_m import check_references, delta_m
from .metric import Metric
from .metrics_file import work_dir, write_metrics
from .table import format_table


@METRICS.register_module()
class MultiTaskMetric(BaseMetric):
    """Scores the main tasks of a data set, which are listed in its metainfo as ``tasks``.

    The metrics are those in each task's config (:class:`Metric`). Scores are reported as ``<task>/<score>``. The
    results hold a few sums per image, so scores are correct for any number of ranks, even with a padded last batch.

    After each evaluation, the scores are logged as a table and written to a JSON file:
    ``{"network": {...}, "constant": {...}, "protocol": ...}``. Scores without valid pixels are null.

    Args:
        protocol: Evaluation protocol; see :class:`Metric`.
        baseline: Config of the training data set, to which a :class:`BaselinePredictor` is fitted. Its scores are
            ``constant`` in the file. They never change, so they are computed in the first evaluation only.
        single_task: Headline score of the single-task network, by task name. If given, ``delta_m`` is reported.
        out_dir: Output folder. Defaults to the runner's work directory.
        out_file: Name of the JSON file.
        **kwargs: See :class:`mmengine.evaluator.BaseMetric`.
    """

    default_prefix = ''  # scores already start with the task's name

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
        self.baseline_predictor: BaselinePredictor | None = None
        self.baseline_scores: dict[str, float] = {}
        self.baseline_is_scored = baseline is None

    @BaseMetric.dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        """Sets the metainfo of the data set, and builds its main tasks and their metrics.

        Raises:
            ConfigError: The metainfo lists no tasks, or the metrics of a task are invalid.
        """
        if 'tasks' not in (dataset_meta or {}):
            raise ConfigError('the metainfo of the evaluated data set has no "tasks"; use a multi-task data set')
        self._dataset_meta = dataset_meta
        self.tasks, _ = split_tasks(build_tasks(dataset_meta['tasks']))
        self.metrics = {name: build_metrics(task, self.protocol) for name, task in self.tasks.items()}
        self.headline_metrics = {name: metrics[0] for name, metrics in self.metrics.items() if metrics}
        if self.single_task is not None:
            check_references(self.headline_metrics, self.single_task)

    def process(self, data_batch: dict | None, data_samples: Sequence[dict]) -> None:
        """Adds the sums of each image to the results, as predictor -> task -> one tensor per metric.

        Raises:
            ConfigError: A task has no prediction, or one of another size than its target.
        """
        if not self.baseline_is_scored and self.baseline_predictor is None:
            print_log('Reading the training targets for the baseline predictor.', logger='current')
            self.baseline_predictor = BaselinePredictor.fit(self.baseline, self.tasks)
        for sample in data_samples:
            maps = {name: read_maps(task, sample) for name, task in self.tasks.items()}
            entry = {'network': self._sums(maps)}
            if not self.baseline_is_scored:
                baseline = {
                    name: (self.baseline_predictor.predict(self.tasks[name], target), target)
                    for name, (_, target) in maps.items()
                }
                entry['constant'] = self._sums(baseline)
            self.results.append(entry)

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Computes the scores, logs the table and writes the file. Called on rank 0 only.

        Raises:
            DataError: No image was evaluated.
        """
        if not results:
            raise DataError('no image was evaluated; the validation data set is empty')
        network = self._scores([entry['network'] for entry in results])
        if 'constant' in results[0]:
            self.baseline_scores = self._scores([entry['constant'] for entry in results])
        if self.single_task is not None:
            network['delta_m'] = delta_m(self.headline_metrics, network, self.single_task)
        metrics = dict(network=network, constant=self.baseline_scores, protocol=self.protocol)
        print_log(f'{len(results)} images\n{format_table(metrics)}', logger='current')
        if folder := self.out_dir or work_dir():
            write_metrics(Path(folder) / self.out_file, metrics)
        return network

    def evaluate(self, size: int) -> dict[str, float]:
        """See :meth:`mmengine.evaluator.BaseMetric.evaluate`. The baseline is scored in the first call only."""
        scores = super().evaluate(size)
        self.baseline_is_scored = True
        return scores

    def _sums(self, maps: dict[str, tuple[Tensor, Tensor]]) -> dict[str, list[Tensor]]:
        return {name: [metric.process(*maps[name]).cpu() for metric in self.metrics[name]] for name in maps}

    def _scores(self, entries: list[dict[str, list[Tensor]]]) -> dict[str, float]:
        """Computes the scores of all tasks, the headline of each first."""
        scores = {}
        for name, metrics in self.metrics.items():
            values = {}
            for metric, parts in zip(metrics, zip(*[entry[name] for entry in entries], strict=True), strict=True):
                values |= metric.compute(sum_in_float64(parts))
            headline = metrics[0].headline if metrics else None
            scores |= {f'{name}/{key}': values[key] for key in sorted(values, key=lambda key: key != headline)}
        return scores


def build_metrics(task: Task, protocol: str) -> list[Metric]:
    """Builds the metrics of a task, and tests them on a void pixel.

    Raises:
        ConfigError: A config is invalid, two metrics report the same score, or one does not report its headline.
    """
    metrics = [
        build_part(METRICS, dict(config, task=task, protocol=protocol), f'a metric of task "{task.name}"')
        for config in task.metrics
    ]
    if unsuitable := [type(metric).__name__ for metric in metrics if not isinstance(metric, Metric)]:
        raise ConfigError(
            f'{unsuitable[0]} among the metrics of task "{task.name}" is no metric of a task; use a subclass of '
            'mtcp_mm.evaluation.Metric'
        )
    reported = []
    for metric in metrics:
        names = reported_names(metric)
        if names and metric.headline not in names:
            raise ConfigError(
                f'metric {type(metric).__name__} of task "{task.name}" has the headline "{metric.headline}", but '
                f'reports {", ".join(names)}; choose one of these'
            )
        reported += names
    if repeated := [name for name in reported if reported.count(name) > 1]:
        raise ConfigError(f'two metrics of task "{task.name}" report {repeated[0]}; remove one of them')
    return metrics


def reported_names(metric: Metric) -> list[str]:
    """Returns the names of a metric's scores by scoring a void pixel; empty if a custom metric fails on it."""
    target = metric.task.to_tensor(metric.task.empty(1, 1))
    try:
        return list(metric.compute(metric.process(target, target).double()))
    except Exception:  # it may still work on maps with valid pixels
        return []


def read_maps(task: Task, sample: dict) -> tuple[Tensor, Tensor]:
    """Returns the prediction and the target of a task from a data sample, (target_channels, H, W) each.

    A missing target is all void.

    Args:
        task: The task.
        sample: The data sample as a dict.

    Raises:
        ConfigError: The prediction is missing, or differs from the target in shape.
    """
    where = f'task "{task.name}", image {sample.get("img_path")}'
    if f'pred_{task.field}' not in sample:
        raise ConfigError(f'{where}: the model gave no pred_{task.field}; give it the tasks of the data set')
    prediction = sample[f'pred_{task.field}']['data']
    if f'gt_{task.field}' not in sample:
        return prediction, torch.full_like(prediction, task.void)
    target = sample[f'gt_{task.field}']['data'].to(prediction.device)
    if prediction.shape != target.shape:
        raise ConfigError(
            f'{where}: the prediction has shape {tuple(prediction.shape)} where the target has {tuple(target.shape)}; '
            'in a pipeline of testing, put LoadTaskMaps behind what resizes the image'
        )
    return prediction, target


def sum_in_float64(parts: Sequence[Tensor]) -> Tensor:
    """Returns the sum of tensors of the same shape, in float64."""
    total = torch.zeros(parts[0].shape, dtype=torch.float64)
    for part in parts:
        total += part
    return total
