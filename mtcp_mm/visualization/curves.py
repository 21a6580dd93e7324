"""The curves of a training in one figure."""

import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from mtcp_mm.evaluation import headline_directions
from mtcp_mm.models.losses.names import WEIGHT, is_intermediate, is_loss, without_prefix
from mtcp_mm.utils import UserError, atomic_write

from .fonts import set_fonts
from .training_log import Curve, TrainingLog

METRIC = re.compile(r'([^/]+)/(.+)')
FEW = 30


def draw_curves(log: TrainingLog) -> Figure:
    """Draws the losses and any weights of tasks, and below them the headline metric of each task."""
    losses = select_losses(log.train)
    weights = {name.removeprefix(WEIGHT): curve for name, curve in log.train.items() if name.startswith(WEIGHT)}
    headlines = select_headlines(log.val)
    colors = {name: f'C{i % 10}' for i, name in enumerate(dict.fromkeys([*losses, *weights, *headlines]))}
    figure = Figure(figsize=(12, 8 if headlines else 4.5), dpi=100, layout='constrained')
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)
    parts = figure.subfigures(2, height_ratios=(1.2, 1)) if headlines else [figure]
    top = parts[0].subplots(1, 2 if weights else 1, squeeze=False)[0]
    _draw_losses(top[0], losses, log.train.get('loss'), colors)
    if weights:
        _draw_weights(top[1], weights, colors)
    handles, labels = top[0].get_legend_handles_labels()
    parts[0].legend(handles, labels, loc='outside lower center', ncols=6, frameon=False)
    if headlines:
        axes = parts[1].subplots(1, len(headlines), squeeze=False)[0]
        for ax, (task, (score, curve)) in zip(axes, headlines.items(), strict=True):
            _draw_metric(ax, f'{task} {score}', curve, colors[task], headline_directions().get(score))
    for ax in figure.axes:
        ax.set_xlabel(log.unit)
        ax.set_xlim(left=0)
        ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        ax.grid(alpha=0.25)
        ax.spines[['top', 'right']].set_visible(False)
    set_fonts(figure)
    return figure


def write_curves(log: TrainingLog, path: str | Path) -> None:
    """Draws the curves of a training into a file, in the format of its suffix, or else PNG; see :func:`draw_curves`.

    Raises:
        UserError: The format is unknown.
        UnwritableError: The file cannot be written.
    """
    image, form = BytesIO(), Path(path).suffix.removeprefix('.').lower() or 'png'
    if form not in (formats := FigureCanvasBase.get_supported_filetypes()):
        raise UserError(f'{path}: curves cannot be written as {form}; use one of {", ".join(formats)}')
    draw_curves(log).savefig(image, format=form)
    atomic_write(path, image.getvalue())


def select_losses(train: Mapping[str, Curve]) -> dict[str, Curve]:
    """Selects all losses except the total and those of intermediate predictions, named without ``loss_``."""
    names = [name for name in train if is_loss(name) and name != 'loss' and not is_intermediate(name)]
    return {without_prefix(name): train[name] for name in names}


def select_headlines(val: Mapping[str, Curve]) -> dict[str, tuple[str, Curve]]:
    """Selects the headline of each task from curves ``<task>/<score>``, or else the first one logged."""
    directions = headline_directions()
    chosen = {}
    for name, curve in val.items():
        if match := METRIC.fullmatch(name):
            task, score = match.groups()
            if task not in chosen or (score in directions and chosen[task][0] not in directions):
                chosen[task] = (score, curve)
    return chosen


def _plot(ax: Axes, curve: Curve, **style) -> None:
    """Draws a line; with few points also markers, so that a single point is visible."""
    ax.plot(*curve, marker='.' if len(curve.x) < FEW else None, **style)


def _draw_losses(ax: Axes, losses: Mapping[str, Curve], total: Curve | None, colors: Mapping[str, str]) -> None:
    """Draws losses by task and their total, on a logarithmic scale if they differ much."""
    for name, curve in losses.items():
        _plot(ax, curve, color=colors[name], label=name)
    if total:
        _plot(ax, total, color='0.55', linestyle='--', linewidth=1, label='total (minimised)')
    values = np.array([y for curve in losses.values() for y in curve.y])
    if values.size and (values > 0).all() and values.max() > 5 * values.min():
        ax.set_yscale('log')
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter('{x:g}')
        ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_title('Training losses of the final predictions')


def _draw_weights(ax: Axes, weights: Mapping[str, Curve], colors: Mapping[str, str]) -> None:
    """Draws task weights, and a line at 1."""
    for name, curve in weights.items():
        _plot(ax, curve, color=colors[name], label=name, drawstyle='steps-pre')
    ax.axhline(1, color='0.55', linewidth=1, linestyle=':')
    ax.set_title('Task weights')


def _draw_metric(ax: Axes, title: str, curve: Curve, color: str, greater_is_better: bool | None) -> None:
    """Draws a metric, and marks its best value if its direction is known."""
    _plot(ax, curve, color=color)
    ax.set_title(title, fontsize='medium')
    if greater_is_better is not None and np.isfinite(curve.y).any():
        best = np.nanargmax(curve.y) if greater_is_better else np.nanargmin(curve.y)
        ax.plot(curve.x[best], curve.y[best], 'o', color=color, markersize=9, fillstyle='none')
        direction = 'higher' if greater_is_better else 'lower'
        ax.set_title(f'{title}: best {curve.y[best]:.4g} ({direction} is better)', fontsize='medium')
