from torch import nn

from mtcp_mm.models.builder import build_with_tasks


class Asking(nn.Module):
    def __init__(self, tasks: list[dict]) -> None:
        super().__init__()
        self.tasks = tasks


def test_tasks_go_to_those_that_take_them(tasks):
    assert build_with_tasks(dict(type=Asking), tasks).tasks == tasks
    assert list(build_with_tasks(dict(type='MultiTaskHead', in_channels=4, channels=4), tasks).tasks) == [
        'semseg', 'depth', 'normals'
    ]  # fmt: skip


def test_tasks_that_a_config_names_stay(tasks):
    assert build_with_tasks(dict(type=Asking, tasks=tasks[:1]), tasks).tasks == tasks[:1]


def test_stock_parts_are_built_as_they_are(tasks):
    fpn = build_with_tasks(dict(type='FPN', in_channels=[4], out_channels=4, num_outs=1), tasks)
    assert type(fpn).__module__.startswith('mmseg')


def test_the_config_is_not_changed(tasks):
    cfg = dict(type='MultiTaskHead', in_channels=4, channels=4)
    build_with_tasks(cfg, tasks)
    assert cfg == dict(type='MultiTaskHead', in_channels=4, channels=4)
