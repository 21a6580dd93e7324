"""Counts a network's parameters and floating point operations by part, without running it."""

import argparse
import sys
from collections.abc import Sequence

import torch
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from prettytable import PrettyTable
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import mtcp_mm  # noqa: F401
from mtcp_mm.cli import require_file, tool, whole_number
from mtcp_mm.engine.config import read_config
from mtcp_mm.engine.config_parts import require_model

GIGA, MEGA = 1e9, 1e6
SPLIT_TYPES = {'Mask2FormerBackbone', 'NeckSequence'}


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--shape',
        nargs=2,
        type=whole_number(1),
        default=(480, 640),
        metavar=('HEIGHT', 'WIDTH'),
        help='size of the image (default: 480 640)',
    )
    return parser.parse_args(argv)


def list_parts(model: nn.Module) -> dict[str, nn.Module]:
    """Returns the parts of a network by name: its children, with backbone and necks split into theirs."""
    parts = {}
    for name, child in model.named_children():
        inner = dict(child.named_children()) if type_name(child) in SPLIT_TYPES else {}
        parts |= {f'{name}.{key}': part for key, part in inner.items()} or {name: child}
    return parts


def type_name(module: nn.Module) -> str:
    """Returns the name of a module's class."""
    return type(module).__name__


def count_operations(model: nn.Module, height: int, width: int) -> dict[str, int]:
    """Counts the operations for one image by module, on the meta device, which computes nothing.

    A multiplication and an addition are two operations.
    """
    with torch.device('meta'), FlopCounterMode(display=False) as counter:
        model.to('meta')(torch.empty(1, 3, height, width), mode='tensor')
    return {name: sum(operations.values()) for name, operations in counter.get_flop_counts().items()}


def format_counts(model: nn.Module, height: int, width: int) -> PrettyTable:
    """Returns a table of the parameters and operations of each part."""
    operations = count_operations(model, height, width)
    table = PrettyTable(['part', 'type', 'parameters, M', f'GFLOP at {height}x{width}'], align='r')
    table.align['part'] = table.align['type'] = 'l'
    total = rest = operations['Global']
    for name, part in list_parts(model).items():
        count = operations.get(f'{type_name(model)}.{name}', 0)
        rest -= count
        parameters = count_parameters(part)
        if parameters > MEGA / 100 or count:
            table.add_row([name, type_name(part), f'{parameters / MEGA:.2f}', f'{count / GIGA:.2f}'])
    # Operations outside of module calls, such as in the layers of the transformer decoder.
    table.add_row(['rest', '', '', f'{rest / GIGA:.2f}'], divider=True)
    table.add_row(['total', '', f'{count_parameters(model) / MEGA:.2f}', f'{total / GIGA:.2f}'])
    return table


def count_parameters(module: nn.Module) -> int:
    """Counts a module's parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Prints the table."""
    cfg = read_config(require_file(args.config, 'config'))
    require_model(cfg)
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    model = MODELS.build(cfg.model).eval().requires_grad_(False)
    print(format_counts(model, *args.shape))


if __name__ == '__main__':
    sys.exit(main())
