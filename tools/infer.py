"""Predicts all tasks for images and videos. Writes a panel of each, and on request maps and point clouds."""

import argparse
import sys
from collections.abc import Sequence

from rich.progress import track

import mtcp_mm  # noqa: F401
from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.apis.inputs import count_images, list_inputs, read_images
from mtcp_mm.apis.output_folder import OutputFolder
from mtcp_mm.cli import add_network_arguments, require_network_files, tool, whole_number
from mtcp_mm.structures import Camera
from mtcp_mm.utils import UnwritableError
from mtcp_mm.visualization.point_cloud import IMAGE, CloudStyle


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('inputs', nargs='+', metavar='INPUT', help='images, videos, or folders of them')
    add_network_arguments(parser)
    parser.add_argument('--out-dir', default='panels', help='folder for <image>.png, <video>.mp4 (default: panels)')
    parser.add_argument('--batch-size', type=whole_number(1), default=1, help='images per batch (default: 1)')
    parser.add_argument('--save-maps', action='store_true', help='also write maps/<image>.npz, with one array per task')
    parser.add_argument('--point-cloud', action='store_true', help='also write <image>.ply; x right, y down, z forward')
    parser.add_argument('--point-color', help=f'{IMAGE} (default), or the task that colours the points')
    parser.add_argument(
        '--intrinsics',
        type=parse_intrinsics,
        metavar='FX,FY,CX,CY',
        help="the camera's intrinsics in pixels (default: those of NYUD's camera, scaled to the image)",
    )
    args = parser.parse_args(argv)
    if not args.point_cloud and (args.point_color or args.intrinsics):
        parser.error('--point-color and --intrinsics describe a point cloud; add --point-cloud')
    return args


def parse_intrinsics(text: str) -> Camera:
    """Reads four numbers, separated by commas.

    Raises:
        ArgumentTypeError: They are not the four numbers of a camera.
    """
    numbers = text.split(',')
    if len(numbers) != 4:
        raise argparse.ArgumentTypeError(f'{text!r} is not fx,fy,cx,cy in pixels')
    try:
        return Camera(*map(float, numbers))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'{text!r} is not fx,fy,cx,cy in pixels ({error})') from error


@tool(parse_args)
def main(args: argparse.Namespace) -> list[Exception]:
    """Predicts all inputs, and returns the errors of those that could not be read or written completely."""
    require_network_files(args)
    items = list_inputs(list(dict.fromkeys(args.inputs)))
    inferencer = MultiTaskInferencer(args.config, args.checkpoint, args.device, args.engine)
    cloud = CloudStyle(args.point_color or IMAGE, args.intrinsics) if args.point_cloud else None
    faults, done = [], 0
    try:
        with OutputFolder(args.out_dir, inferencer.tasks, items, args.save_maps, cloud) as folder:
            predicted = inferencer.stream(read_images(items, faults.append), args.batch_size)
            for image, maps in track(predicted, 'Images', total=count_images(items)):
                folder.add(image, maps)
                done += 1
    except UnwritableError as error:
        return [*faults, error]
    print(f'{len(items) - len(faults)} of {len(items)} inputs ({done} images) done, panels in {args.out_dir}')
    return faults


if __name__ == '__main__':
    sys.exit(main())
