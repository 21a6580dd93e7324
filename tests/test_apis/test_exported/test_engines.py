import importlib.util

import numpy as np
import pytest
import torch

from mtcp_mm.apis.export import ExportableNetwork
from mtcp_mm.apis.exported import ENGINES, open_engine
from mtcp_mm.utils import MissingPackageError


@pytest.mark.parametrize('engine', ENGINES)
def test_outputs_are_those_of_the_network_for_any_number_of_images(tiny, engine):
    pytest.importorskip(engine)
    run = open_engine(tiny.content, ['depth', 'surfaces_logits'], engine)
    network = ExportableNetwork(tiny.network)
    for count in (1, 3):
        images = torch.rand(count, 3, *tiny.shape, generator=torch.Generator().manual_seed(count)) * 255
        found, logits = run(images.numpy()), network.logits(images)
        assert list(found) == ['depth', 'surfaces_logits']
        np.testing.assert_allclose(found['surfaces_logits'], logits['surfaces'], atol=1e-4)
        np.testing.assert_allclose(found['depth'], network(images)['depth'], atol=1e-4)


@pytest.mark.parametrize('engine', ENGINES)
def test_an_engine_that_is_missing_is_named(engine, monkeypatch):
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(MissingPackageError, match=f'needs {engine}: pip install {engine}'):
        open_engine(b'', [], engine)
