"""Fixtures for tests of the benchmark."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mtcp_mm.apis.benchmark.forms import CONFIGURED, Form
from mtcp_mm.apis.benchmark.settings import Settings
from mtcp_mm.apis.benchmark.subject import Subject, build_subjects
from mtcp_mm.engine.config import read_config

TINY = Path(__file__).parents[2] / 'test_end_to_end' / 'tiny_config.py'


@pytest.fixture(scope='module')
def cfg() -> Config:
    """Config of a tiny MT-CP for images of 64x64."""
    return read_config(TINY)


@pytest.fixture
def settings() -> Settings:
    """Inference on the CPU in float32."""
    return Settings(torch.device('cpu'))


@pytest.fixture
def build(cfg: Config) -> Callable[..., list[Subject]]:
    """Builds forms of the tiny MT-CP: ``build(form, ..., train=True)``."""

    def build(*forms: Form, **settings) -> list[Subject]:
        return build_subjects('tiny', cfg, Settings(torch.device('cpu'), **settings), forms or (CONFIGURED,))

    return build
