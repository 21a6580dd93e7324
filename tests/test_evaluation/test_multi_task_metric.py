import json
import logging
import math

import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from mmengine.model import BaseModel
from mmengine.runner import Runner

from mtcp_mm.evaluation import AngularErrors, BaselinePredictor, DepthErrors, MaxF, MeanIoU, MultiTaskMetric
from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.utils import ConfigError

pytestmark = pytest.mark.usefixtures('torchvision')  # whose version MMEngine's runner wants to log

BASELINE = dict(semseg=torch.tensor([1]), depth=torch.tensor([5.0]), normals=torch.tensor([0.0, 0.0, 1.0]))
METRICS = {'semseg': MeanIoU, 'depth': DepthErrors, 'normals': AngularErrors}


@pytest.fixture
def make_metric(tmp_path, configs):
    """Makes a metric of the three tasks that writes to ``tmp_path``."""

    def make(**kwargs):
        metric = MultiTaskMetric(out_dir=tmp_path, **kwargs)
        metric.dataset_meta = dict(tasks=configs)
        return metric

    return make


@pytest.fixture
def fits(monkeypatch):
    """Puts :data:`BASELINE` in place of what is read from a data set; the configs asked for are listed."""
    asked = []

    def fit(dataset, tasks):
        asked.append(dataset)
        return BaselinePredictor(BASELINE)

    monkeypatch.setattr(BaselinePredictor, 'fit', fit)
    return asked


@pytest.fixture
def logged():
    """Lines that were logged."""
    name, lines = 'test_multi_task_metric', []
    logger = MMLogger.get_instance(name)
    logger.addFilter(lambda record: lines.extend(record.getMessage().splitlines()) or True)
    yield lines
    del MMLogger._instance_dict[name]


class Samples(list):
    """A data set with the outputs of the model."""

    metainfo = {}


class Replay(BaseModel):
    """A model that returns its input."""

    def forward(self, data_samples, mode):
        """Returns the samples."""
        return data_samples


def score(metric, samples, batch=4):
    """Evaluates samples as a runner does, the last batch partial."""
    for start in range(0, len(samples), batch):
        metric.process(None, [sample.to_dict() for sample in samples[start : start + batch]])
    return metric.evaluate(len(samples))


def test_scores_equal_those_of_each_metric_over_all_images(make_metric, tasks, make_sample):
    samples = [make_sample(seed) for seed in range(6)]
    expected = {}
    for name, task in tasks.items():
        metric = METRICS[name](task)
        total = sum(metric.process(s.prediction(task.field), s.target(task.field)).double() for s in samples)
        expected |= {f'{name}/{key}': value for key, value in metric.compute(total).items()}
    scores = score(make_metric(), samples)
    assert scores == pytest.approx(expected)
    assert {'semseg/mIoU', 'depth/rmse', 'depth/rmse_6.55', 'normals/mErr', 'normals/median'} <= scores.keys()


def test_through_the_evaluator_of_mmengine(make_metric, configs, make_sample):
    samples = [make_sample(seed) for seed in range(3)]
    evaluator = Evaluator([make_metric()])
    evaluator.dataset_meta = dict(tasks=configs)
    evaluator.process(samples)
    assert evaluator.evaluate(3) == score(make_metric(), samples)


def test_a_runner_scores_its_data_set_and_finds_the_file_in_its_work_dir(configs, make_sample, tmp_path):
    data = Samples(dict(data_samples=make_sample(seed)) for seed in range(5))
    data.metainfo = dict(tasks=configs)
    loader = dict(dataset=data, batch_size=2, sampler=dict(type='DefaultSampler', shuffle=False))
    runner = Runner(
        Replay(),
        work_dir=str(tmp_path),
        val_dataloader=loader,
        val_evaluator=dict(type='MultiTaskMetric'),
        val_cfg=dict(),
        default_scope='mmseg',
        experiment_name='test_metric_in_a_runner',
    )
    scores = runner.val()
    for handler in MMLogger._instance_dict.pop(runner.experiment_name).handlers:
        if isinstance(handler, logging.FileHandler):
            handler.close()
    assert json.loads((tmp_path / 'metrics.json').read_text())['network'] == scores
    scorer = MultiTaskMetric(out_dir=tmp_path)
    scorer.dataset_meta = data.metainfo
    assert scores == score(scorer, [make_sample(seed) for seed in range(5)])


def test_several_ranks_give_the_scores_of_one_process(make_metric, make_sample, monkeypatch):
    samples = [make_sample(seed, height=4 + seed) for seed in range(5)]
    alone = score(make_metric(), samples)
    ranks = [make_metric(), make_metric()]
    for rank, own in zip(ranks, ([0, 2, 4], [1, 3, 0]), strict=True):  # the sampler fills up with the first image
        rank.process(None, [samples[i].to_dict() for i in own])
        assert len(rank.results) == 3

    def collect(results, size, *args, **kwargs):  # interleaves the ranks and cuts what was filled up, as mmengine does
        parts = zip(*[rank.results for rank in ranks], strict=True)
        return [entry for entries in parts for entry in entries][:size]

    monkeypatch.setattr('mmengine.evaluator.metric.collect_results', collect)
    assert ranks[0].evaluate(5) == pytest.approx(alone, rel=1e-9)


def test_the_protocol_reaches_every_metric(make_metric, make_sample):
    sample = make_sample(0)
    sample.set_prediction('depth_map', -sample.prediction('depth_map'))
    target = sample.target('depth_map')
    rms = target[target > 0].double().square().mean().sqrt().item()
    atrc = score(make_metric(protocol='atrc'), [sample])
    assert atrc['depth/rmse'] == pytest.approx(rms)  # a negative prediction is clamped to 0
    assert score(make_metric(), [sample])['depth/rmse'] > rms


def test_results_are_small_and_on_the_cpu(make_metric, make_sample):
    scorer = make_metric()
    scorer.process(None, [make_sample(0, 60, 80).to_dict()])
    tensors = [t for sums in scorer.results[0]['network'].values() for t in sums]
    assert len(tensors) == 3 and sum(t.nbytes for t in tensors) < 80_000
    assert all(t.device.type == 'cpu' and t.is_contiguous() for t in tensors)


def test_the_baseline_is_fitted_and_scored_once(make_metric, fits, make_sample, tmp_path):
    scorer = make_metric(baseline=dict(type='Train'))
    samples = [make_sample(seed) for seed in range(3)]
    score(scorer, samples)
    first = json.loads((tmp_path / 'metrics.json').read_text())['constant']
    baseline = [make_sample(seed) for seed in range(3)]
    for sample in baseline:
        for field, task in (('sem_seg', 'semseg'), ('depth_map', 'depth'), ('normals', 'normals')):
            values = BASELINE[task][:, None, None].expand_as(sample.target(field))
            sample.set_prediction(field, values.clone())
    assert first == pytest.approx(score(make_metric(), baseline))

    scorer.process(None, [sample.to_dict() for sample in samples])
    assert all('constant' not in entry for entry in scorer.results)
    scorer.evaluate(3)
    assert json.loads((tmp_path / 'metrics.json').read_text())['constant'] == first
    assert fits == [dict(type='Train')]


def test_the_file_holds_network_constant_and_protocol(make_metric, fits, make_sample, tmp_path):
    scores = score(make_metric(baseline=dict(type='Train'), protocol='atrc'), [make_sample(0)])
    written = json.loads((tmp_path / 'metrics.json').read_text())
    assert list(written) == ['network', 'constant', 'protocol']
    assert written['network'] == scores and written['protocol'] == 'atrc'
    assert written['constant'].keys() == scores.keys()


def test_one_table_is_logged_headlines_first(make_metric, fits, logged, make_sample):
    scores = score(make_metric(baseline=dict(type='Train')), [make_sample(seed) for seed in range(5)])
    assert '5 images' in logged and sum('protocol mti' in line for line in logged) == 1
    rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in logged if '|' in line]
    assert ['task', 'metric', 'network', 'constant'] in rows
    for task, headline in (('semseg', 'mIoU'), ('depth', 'rmse'), ('normals', 'mErr')):
        row = next(row for row in rows if row[0] == task)
        assert row[1:3] == [f'{headline} *', f'{scores[f"{task}/{headline}"]:#.4g}']


def test_all_metrics_of_a_task_are_reported_the_headline_first(configs, make_sample, tmp_path):
    configs[0]['metrics'] = [dict(type='MeanIoU', per_class=True)]
    configs[1]['metrics'] = []
    scorer = MultiTaskMetric(out_dir=tmp_path)
    scorer.dataset_meta = dict(tasks=configs)
    scores = score(scorer, [make_sample(0)])
    names = [name for name in scores if name.startswith('semseg/')]
    assert names == ['semseg/mIoU', 'semseg/pixel_acc', *[f'semseg/IoU.{c}' for c in 'abcde']]
    assert not [name for name in scores if name.startswith('depth/')]


@pytest.mark.parametrize('maxf', ['MaxF', 'mmseg.MaxF', 'mtcp_mm.evaluation.MaxF', MaxF])
@pytest.mark.parametrize('headline', ['maxF', 'odsF'])
def test_the_headline_is_that_of_the_first_metric_however_its_type_is_written(maxf, headline, tmp_path):
    metrics = [dict(type=maxf), dict(type='BoundaryF', thresholds=3)]
    scorer = MultiTaskMetric(single_task=dict(edge=50.0), out_dir=tmp_path)
    metrics = metrics if headline == 'maxF' else metrics[::-1]
    scorer.dataset_meta = dict(tasks=[dict(type='BinaryMap', name='edge', metrics=metrics)])
    sample = MultiTaskDataSample()
    sample.set_prediction('edge', torch.tensor([[[0.9, 0.6, 0.3, 0.1]]]))
    sample.set_target('edge', torch.tensor([[[1.0, 0, 1, 0]]]))
    scores = score(scorer, [sample])
    assert next(iter(scores)) == f'edge/{headline}' and {'edge/maxF', 'edge/odsF'} < scores.keys()
    assert scores['delta_m'] == pytest.approx(100 * (scores[f'edge/{headline}'] / 50 - 1))


def test_auxiliary_tasks_are_not_scored(configs, make_sample, tmp_path, fits):
    configs[1]['auxiliary'] = True
    scorer = MultiTaskMetric(baseline={}, single_task=dict(semseg=1.0, normals=1.0), out_dir=tmp_path)
    scorer.dataset_meta = dict(tasks=configs)
    sample = make_sample(0)
    del sample.pred_depth_map  # which no network gives
    scores = score(scorer, [sample])
    assert {name.partition('/')[0] for name in scores} == {'semseg', 'normals', 'delta_m'}
    written = json.loads((tmp_path / 'metrics.json').read_text())
    assert written['constant'].keys() == scores.keys() - {'delta_m'}


def test_delta_m_is_reported_where_single_task_values_are_given(make_metric, make_sample, tmp_path):
    samples = [make_sample(0)]
    plain = score(make_metric(), samples)
    assert 'delta_m' not in plain
    single = dict(semseg=2 * plain['semseg/mIoU'], depth=plain['depth/rmse'], normals=plain['normals/mErr'])
    assert score(make_metric(single_task=single), samples)['delta_m'] == pytest.approx(-50 / 3)


def test_a_sample_that_lacks_a_target_counts_for_the_other_tasks_only(make_metric, make_sample):
    whole, partial = make_sample(0), make_sample(1)
    del partial.gt_depth_map
    del partial.gt_sem_seg
    both, alone = score(make_metric(), [whole, partial]), score(make_metric(), [whole])
    assert both['depth/rmse'] == alone['depth/rmse']
    assert both['semseg/mIoU'] == alone['semseg/mIoU'] and both['semseg/pixel_acc'] == alone['semseg/pixel_acc']
    assert both['normals/mErr'] != alone['normals/mErr']


def test_a_task_without_any_target_is_nan_and_null(make_metric, make_sample, tmp_path):
    sample = make_sample(0)
    del sample.gt_normals
    assert math.isnan(score(make_metric(), [sample])['normals/mErr'])
    assert json.loads((tmp_path / 'metrics.json').read_text())['network']['normals/mErr'] is None


def test_a_missing_prediction_is_an_error_that_names_task_and_image(make_metric, make_sample):
    sample = make_sample(7)
    del sample.pred_depth_map
    with pytest.raises(ValueError, match=r'task "depth", image 7\.jpg: the model gave no pred_depth_map'):
        make_metric().process(None, [sample.to_dict()])


def test_a_prediction_of_another_size_is_an_error_that_gives_both(make_metric, make_sample):
    sample = make_sample(7).to_dict()
    sample['pred_normals']['data'] = sample['pred_normals']['data'][..., :1]  # would broadcast
    with pytest.raises(ConfigError, match=r'task "normals", .*\(3, 6, 1\) where the target has \(3, 6, 8\)'):
        make_metric().process(None, [sample])


@pytest.mark.parametrize('meta', [None, {}, dict(classes=['a'])])
def test_a_data_set_without_tasks_is_refused(meta):
    with pytest.raises(ValueError, match='use a multi-task data set'):
        MultiTaskMetric().dataset_meta = meta


def test_an_evaluation_without_images_is_refused(make_metric):
    with pytest.raises(ValueError, match='no image was evaluated'):
        make_metric().evaluate(0)


@pytest.mark.parametrize(
    ('entry', 'reason'),
    [
        (dict(metrics=[dict(type='MaxF'), dict(type='MaxFF')]), 'a metric of task "edge": .*MaxFF'),
        (dict(metrics=[dict(type='MaxF', best=1)]), 'a metric of task "edge": .*best'),
        (dict(metrics=[dict(type='BoundaryF', tolerance=-1)]), 'a metric of task "edge": tolerance -1'),
        (dict(metrics=[dict(type='DepthMetric')]), 'DepthMetric among the metrics of task "edge"'),
        (
            dict(metrics=[dict(type=type('Own', (MaxF,), dict(headline='maxFF')))]),
            'metric Own of task "edge" has the headline "maxFF", but reports maxF, mIoU',
        ),
        (dict(metrics=[dict(type='MaxF'), dict(type='BoundaryF'), dict(type=MaxF)]), 'of task "edge" report maxF'),
    ],
)
def test_invalid_metrics_are_refused_before_training(configs, entry, reason):
    metric = MultiTaskMetric()
    with pytest.raises(ConfigError, match=reason):
        metric.dataset_meta = dict(tasks=[*configs, dict(type='BinaryMap', name='edge', **entry)])


def test_a_metric_that_fails_on_void_is_accepted(configs):
    class Farthest(DepthErrors):
        def process(self, prediction, target):
            return target[self.task.valid(target)].max()[None]

    metric = MultiTaskMetric()
    metric.dataset_meta = dict(tasks=[dict(type='DepthMap', name='depth', metrics=[dict(type=Farthest)])])
    assert isinstance(metric.metrics['depth'][0], Farthest)


def test_unknown_classes_of_a_metric_are_refused_before_training(configs):
    metric = MultiTaskMetric()
    semseg = dict(configs[0], metrics=[dict(type='MeanIoU', classes=['a', 'sofa'])])
    with pytest.raises(ConfigError, match='sofa.*semseg'):
        metric.dataset_meta = dict(tasks=[semseg])


def test_single_task_scores_of_other_tasks_are_refused_before_training(configs, tmp_path):
    metric = MultiTaskMetric(single_task=dict(depth=0.5), out_dir=tmp_path)
    with pytest.raises(ConfigError, match='single_task has values of depth, the tasks are semseg, depth, normals'):
        metric.dataset_meta = dict(tasks=configs)
