"""Fixtures for tests of several tools."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS

PLAIN = dict(
    type='MultiTaskSegmentor',
    data_preprocessor=dict(type='MultiTaskDataPreProcessor', mean=[127] * 3, std=[128] * 3, bgr_to_rgb=True),
    backbone=dict(type='ResNet', depth=18, base_channels=8, stem_channels=8),
    neck=dict(type='FPN', in_channels=[8, 16, 32, 64], out_channels=8, num_outs=4),
    decode_head=dict(type='MultiTaskHead', in_channels=8, channels=8),
)


@pytest.fixture
def save_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[dict]], tuple[str, str]]:
    """Writes config and checkpoint of a plain network for images of 48x64 into the folder, which becomes current."""
    monkeypatch.chdir(tmp_path)

    def save(tasks: list[dict]) -> tuple[str, str]:
        steps = [dict(type='LoadImage'), dict(type='MultiTaskResize', scale=(64, 48)), dict(type='PackMultiTaskInputs')]
        model = dict(PLAIN, tasks=tasks)
        Config(dict(custom_imports=dict(imports=['mtcp_mm']), model=model, test_pipeline=steps)).dump('config.py')
        torch.manual_seed(0)
        torch.save(dict(state_dict=MODELS.build(model).state_dict()), 'net.pth')
        return 'config.py', 'net.pth'

    return save
