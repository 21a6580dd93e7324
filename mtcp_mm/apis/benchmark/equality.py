"""Checks that two forms of a network compute the same."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from mtcp_mm.utils import UserError

from .forms import joined
from .settings import Settings
from .subject import Subject

TOLERANCE = 1e-4
"""Largest difference in float32, relative to the standard deviation of a map."""
ROUNDING = 2.0
"""In a lower precision, the largest ratio of one form's error to that of the other."""


def check_equality(subject: Subject, other: Subject, settings: Settings) -> dict[str, float]:
    """Checks that two forms of a network predict the same maps in evaluation mode.

    In float32, no value may differ by more than :data:`TOLERANCE` of its map's standard deviation. A lower precision
    rounds in every layer. There, both forms are compared with the second one in float32, and the error of the first
    (root mean square) may be at most :data:`ROUNDING` times that of the second.

    Args:
        subject: The first form.
        other: The second form, with the same weights and images.
        settings: What the benchmark is run with.

    Returns:
        By map, the largest difference or the ratio of errors.

    Raises:
        UserError: They differ by more; the message names the maps.
    """
    exact = predict(other, other.form.context)
    if settings.dtype is torch.float32:
        ours = predict(subject, subject.form.context)
        limit, found = TOLERANCE, {name: largest_difference(ours[name], exact[name]) for name in exact}
    else:
        ours, theirs = (predict(each, joined(each.form.context, settings.autocast)) for each in (subject, other))
        limit = ROUNDING
        found = {name: error(ours[name], exact[name]) / error(theirs[name], exact[name]) for name in exact}
    if wrong := [f'{name} ({value:.2g})' for name, value in found.items() if not value <= limit]:
        raise UserError(f'{subject.name} and {other.name} differ by more than {limit:g} in {", ".join(wrong)}')
    return found


@torch.no_grad()
def predict(subject: Subject, context: Callable[[], AbstractContextManager]) -> Mapping[str, Tensor]:
    """Returns the maps of a network in evaluation mode, by name."""
    training = subject.network.training
    with context():
        maps = subject.network.eval()(subject.images, mode='tensor')
    subject.network.train(training)
    return maps if isinstance(maps, Mapping) else {'logits': maps}


def largest_difference(values: Tensor, exact: Tensor) -> float:
    """Returns the largest difference between two maps, relative to the standard deviation of the second."""
    return ((values - exact).abs().max() / exact.std()).item()


def error(values: Tensor, exact: Tensor) -> float:
    """Returns the root mean square of the difference between two maps."""
    return (values - exact).square().mean().sqrt().item()
