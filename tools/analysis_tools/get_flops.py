"""Counts a network's parameters and floating point operations by part, without running it."""

import argparse

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from prettytable import PrettyTable
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import mtcp_mm  # noqa: F401
from mtcp_mm.cli.launch import require_file, user_errors
from mtcp_mm.engine.config import read_config

GIGA, MEGA = 1e9, 1e6
SPLIT_TYPES = {'Mask2FormerBackbone', 'NeckSequence'}


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('--shape', nargs=2, type=int, default=(480, 640), metavar=('HEIGHT', 'WIDTH'))
    return parser.parse_args()


def parts(model: nn.Module) -> dict[str, nn.Module]:
    """Lists the parts of a network: its children, those of the backbone and the necks one by one."""
    found = {}
    for name, child in model.named_children():
        inner = dict(child.named_children()) if name_of(child) in SPLIT_TYPES else {}
        found |= {f'{name}.{key}': part for key, part in inner.items()} or {name: child}
    return found


def name_of(module: nn.Module) -> str:
    return type(module).__name__


def count(cfg: Config, height: int, width: int) -> PrettyTable:
    """Counts one image's operations (a multiply and an add are two) on the meta device, which computes nothing."""
    model = MODELS.build(cfg.model).eval().requires_grad_(False).to('meta')
    with torch.device('meta'), FlopCounterMode(display=False) as counter:
        model(torch.empty(1, 3, height, width), mode='tensor')
    flops = {name: sum(operations.values()) for name, operations in counter.get_flop_counts().items()}
    table = PrettyTable(['part', 'type', 'parameters, M', f'GFLOP at {height}x{width}'], align='r')
    table.align['part'] = table.align['type'] = 'l'
    rest = flops['Global']
    for name, part in parts(model).items():
        operations = flops.get(f'{name_of(model)}.{name}', 0)
        rest -= operations
        parameters = sum(p.numel() for p in part.parameters())
        if parameters > MEGA / 100 or operations:
            table.add_row([name, name_of(part), f'{parameters / MEGA:.2f}', f'{operations / GIGA:.2f}'])
    # What is not called as a module, such as the layers of the transformer decoder.
    table.add_row(['rest', '', '', f'{rest / GIGA:.2f}'], divider=True)
    parameters = sum(p.numel() for p in model.parameters())
    table.add_row(['total', '', f'{parameters / MEGA:.2f}', f'{flops["Global"] / GIGA:.2f}'])
    return table


def main() -> None:
    args = parse_args()
    with user_errors():
        cfg = read_config(require_file(args.config, 'config'))
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    print(count(cfg, *args.shape))


if __name__ == '__main__':
    main()
