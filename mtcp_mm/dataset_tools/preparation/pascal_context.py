"""Preparing PASCAL-Context for several tasks."""

from functools import partial
from pathlib import Path

from mtcp_mm.datasets.layouts import PASCAL
from mtcp_mm.datasets.pascal_context import PascalContextMultiTask
from mtcp_mm.tasks import DataError

from .archive_files import PASCAL_FILES
from .pascal_maps import convert_in_place, remove_converted
from .preparing import Prepared, identity, prepare
from .unpacking import unpack
from .verification import verify
from .voc import VocFolders

TASKS = (
    dict(type='ClassMap', name='semseg', classes='pascal21'),
    dict(type='ClassMap', name='human_parts', classes='pascal_parts'),
    dict(type='BinaryMap', name='saliency'),
    dict(type='SurfaceNormals', name='normals'),
    dict(type='BinaryMap', name='edge'),
)
"""The tasks that the data set may have."""
CONVERTED = 'Parts, normals and edges were converted into PNG files, as training reads them.'


def prepare_pascal_context(
    source: str | Path,
    out: str | Path,
    parts: str | Path | None = None,
    context: str | Path | None = None,
    workers: int = 1,
) -> Prepared:
    """Prepares PASCAL-Context from the community's archive, or from VOC 2010 and annotations of its images.

    From VOC, saliency and normals are missing: they were distilled from networks, and only the archive has them.

    Args:
        source: ``PASCAL_MT.tgz`` of Multi-Task-Learning-PyTorch or ``PASCALContext.tar.gz`` of ATRC and InvPT, a folder
            into which one was unpacked; or, with ``parts``, ``VOCdevkit/VOC2010``.
        out: The output folder, in the layout of :class:`mtcp_mm.datasets.PascalContextMultiTask`. It may be ``source``
            itself, the folder of an unpacked archive: what is there stays, and the converted maps are put beside it.
        parts: ``Annotations_Part`` of PASCAL-Part.
        context: ``trainval`` of PASCAL-Context, from which edges come.
        workers: Number of processes.

    Raises:
        DataError: A file is damaged, hostile, or does not fit the others; the message names it.
        OccupiedFolderError: The output folder holds something else.
        MissingFileError: A file is missing.
        UnwritableError: A file cannot be written.
    """
    source = Path(source)
    check = partial(verify, PascalContextMultiTask, tasks=TASKS, workers=workers)
    origin = dict(layout=PASCAL.name, source=identity(source))
    if parts:
        folders = VocFolders(source, Path(parts), context and Path(context))
        origin |= dict(parts=identity(parts), context=context and identity(context))
        return prepare(source, out, origin, partial(folders.assemble, workers=workers), check)
    if context:
        raise DataError(f'{source}: --context goes with VOC 2010 and --parts; leave it out for an archive')
    if source.resolve() == Path(out).resolve():
        convert_in_place(source, workers)
        return Prepared(check(source), (CONVERTED,), True)
    return prepare(source, out, origin, partial(unpack_pascal_context, source, workers=workers), check)


def unpack_pascal_context(source: Path, root: Path, workers: int) -> list[str]:
    """Unpacks an archive or folder and converts its maps; see :func:`prepare`."""
    unpack(source, PASCAL_FILES, root)
    convert_in_place(root, workers)
    remove_converted(root)
    return [CONVERTED]
