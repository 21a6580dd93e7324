"""Evaluates a checkpoint: the metrics of the config's test set, also as metrics.json."""

import argparse

from mtcp_mm.cli.launch import add_launch_arguments, build_runner, load_config, require_file, user_errors


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    add_launch_arguments(parser)
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    require_file(args.checkpoint, 'checkpoint')
    cfg = load_config(args)
    cfg.load_from = args.checkpoint
    with user_errors():
        build_runner(cfg).test()


if __name__ == '__main__':
    main()
