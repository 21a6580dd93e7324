"""Predicts all tasks of photos: a panel of each, and the maps as arrays where they are wanted."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import track

import mtcp_mm  # noqa: F401
from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.engine.launch import require_file
from mtcp_mm.utils import MissingPackageError
from mtcp_mm.visualization import MultiTaskVisualizer, read_photo

SUFFIXES = {'.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp'}


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('inputs', nargs='+', type=Path, metavar='IMAGE_OR_FOLDER', help='photos, or folders of photos')
    parser.add_argument('--config', required=True, help='config of the network')
    parser.add_argument('--checkpoint', required=True, help='checkpoint of the network')
    parser.add_argument('--out-dir', required=True, type=Path, help='folder for the panels: <photo>.png')
    parser.add_argument('--save-raw', action='store_true', help='also write the maps: raw/<photo>.npz, an array a task')
    parser.add_argument('--device', help='cpu, cuda, cuda:1, ... (default: the best at hand)')
    return parser.parse_args(argv)


def find_photos(inputs: Sequence[Path]) -> list[Path]:
    """Lists the files given and the photos of the folders given, each once.

    Raises:
        FileNotFoundError: An input does not exist, or a folder holds no photo.
    """
    photos = []
    for path in inputs:
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
            if not found:
                raise FileNotFoundError(f'{path}: no photo in this folder ({", ".join(sorted(SUFFIXES))})')
            photos += found
        elif path.exists():
            photos.append(path)
        else:
            raise FileNotFoundError(f'{path}: no such file or folder')
    return list(dict.fromkeys(photos))


def name_outputs(photos: Sequence[Path]) -> list[str]:
    """Names each photo's outputs after it; those of the same name are numbered so that no name is used twice."""
    stems = {photo.stem for photo in photos}
    names = []
    for photo in photos:
        name, number = photo.stem, 2
        while name in names or (number > 2 and name in stems):
            name, number = f'{photo.stem}_{number}', number + 1
        names.append(name)
    return names


def check_out_dir(out_dir: Path, photos: Sequence[Path], names: Sequence[str]) -> None:
    """Makes the folder for the panels.

    Raises:
        ValueError: A panel would take the place of a photo.
    """
    panels = {(out_dir / f'{name}.png').resolve() for name in names}
    if lost := [str(photo) for photo in photos if photo.resolve() in panels]:
        raise ValueError(f'--out-dir {out_dir}: panels would overwrite {", ".join(lost[:3])}; choose another folder')
    out_dir.mkdir(parents=True, exist_ok=True)


def write_outputs(out_dir: Path, name: str, panel: np.ndarray, maps: Mapping[str, np.ndarray], raw: bool) -> None:
    """Writes a photo's panel and, where ``raw`` says so, its maps."""
    Image.fromarray(panel).save(out_dir / f'{name}.png')
    if raw:
        (out_dir / 'raw').mkdir(exist_ok=True)
        np.savez_compressed(out_dir / 'raw' / f'{name}.npz', **maps)


def run(args: argparse.Namespace) -> list[str]:
    """Predicts all photos and returns what is wrong with those that could not be read."""
    require_file(args.config, 'config')
    require_file(args.checkpoint, 'checkpoint')
    photos = find_photos(args.inputs)
    names = name_outputs(photos)
    check_out_dir(args.out_dir, photos, names)
    inferencer = MultiTaskInferencer(args.config, args.checkpoint, args.device)
    visualizer = MultiTaskVisualizer()
    faults = []
    for photo, name in track(list(zip(photos, names, strict=True)), description='Photos'):
        try:
            image = read_photo(photo)
        except ValueError as error:
            faults.append(str(error))
            continue
        maps = inferencer.predict(image)
        panel = visualizer.panel(image, maps, inferencer.tasks, title=photo.name)
        write_outputs(args.out_dir, name, panel, maps, args.save_raw)
    print(f'{len(photos) - len(faults)} of {len(photos)} photos done, panels in {args.out_dir}')
    return faults


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 1 where anything went wrong, which is said on the standard error."""
    try:
        faults = run(parse_args(argv))
    except (MissingPackageError, OSError, ValueError) as error:
        faults = [str(error)]
    for fault in faults:
        print(f'error: {fault}', file=sys.stderr)
    return int(bool(faults))


if __name__ == '__main__':
    sys.exit(main())
