from dataclasses import replace

import pytest
import torch
from torch import nn

from mtcp_mm.apis.benchmark.equality import check_equality
from mtcp_mm.apis.benchmark.forms import CONFIGURED
from mtcp_mm.apis.benchmark.settings import Settings
from mtcp_mm.apis.benchmark.subject import Subject
from mtcp_mm.utils import UserError

CPU = torch.device('cpu')


class Scores(nn.Module):
    """Predicts its input, with a fault in one value."""

    def __init__(self, fault: float) -> None:
        super().__init__()
        self.fault = fault

    def forward(self, images: torch.Tensor, mode: str) -> dict[str, torch.Tensor]:
        assert mode == 'tensor' and not self.training
        maps = (images.flatten(1) @ torch.eye(images[0].numel())).view_as(images).float()
        faulty = maps.clone()
        faulty[0, 0, 0, 0] += self.fault
        return dict(good=maps, depth=faulty)


@pytest.fixture
def subject():
    """A network whose maps have a standard deviation of one."""
    images = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    return Subject('tiny', CONFIGURED, Scores(0.0), (images - images.mean()) / images.std(), None, {})


def changed(subject: Subject, fault: float) -> Subject:
    return replace(subject, name='other', network=Scores(fault))


def test_differences_are_relative_to_the_spread_of_a_map(subject):
    found = check_equality(changed(subject, 5e-5), subject, Settings(CPU))
    assert found == dict(good=0, depth=pytest.approx(5e-5, rel=0.01))
    assert subject.network.training  # as before


@pytest.mark.parametrize('fault', [2e-4, float('nan')])
def test_a_difference_is_reported(subject, fault):
    with pytest.raises(UserError, match=r'^other and tiny differ by more than 0.0001 in depth \([^)]+\)$'):
        check_equality(changed(subject, fault), subject, Settings(CPU))


def test_a_lower_precision_may_err_as_much_as_that_of_the_other_form(subject):
    settings = Settings(CPU, torch.bfloat16)
    assert check_equality(changed(subject, 1e-3), subject, settings)['good'] == 1
    with pytest.raises(UserError, match='by more than 2 in depth'):
        check_equality(changed(subject, 0.1), subject, settings)
