import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePath

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from mtcp_mm.tasks import DataError, Task, build_tasks, without_encoding
from mtcp_mm.utils import MissingFileError, plain_settings

from .dataset_settings import check_folders, check_indices, check_metainfo, check_settings, check_unsupported
from .id_files import IMAGE_SUFFIXES, files_by_id, find_file, read_ids, separate_ids, similar_file
from .layouts import as_names
from .transforms.pipeline_check import check_image_loaders, check_pipeline


class MultiTaskDataset(BaseDataset):
    """Images with the maps of several tasks, in one folder per task, and lists of IDs as splits.

    To add a data set, write a subclass that sets the folders::

        @DATASETS.register_module()
        class MyDataset(MultiTaskDataset):
            folders = dict(semseg='labels', depth='depth')

    Files are found by ID, with any allowed suffix; see :func:`files_by_id`. An image without a map for a task is void
    for that task. The number of such images is logged.

    Args:
        data_root: Folder of the data set.
        split: Name of the list of IDs, such as ``'train'``.
        tasks: The task list of the config. Each sample has it as ``results['tasks']``. ``metainfo['tasks']`` has it
            without file encodings, so that data sets with different encodings can be combined.
        folders: A folder, or a list of them, by task name. They override those of the class.
        label_fraction: Fraction of the maps to use, by task name. The task is void in the other images, which are
            always the same. By default all maps are used.
        upright: Whether images are rotated by their EXIF data to fit the maps. If False, the maps fit the stored
            pixels.
        metainfo: See :class:`mmengine.dataset.BaseDataset`. ``classes`` and ``palette`` are those of the first task
            with classes.
        **kwargs: ``pipeline``, ``test_mode``, ``indices``, ``lazy_init``, ... of
            :class:`mmengine.dataset.BaseDataset`.

    Raises:
        MissingFileError: A folder, the split or an image is missing.
        DataError: The split is empty, or a task has no folder or no map for any image of the split.
        ConfigError: A setting is invalid, contradicts the tasks or has no effect; or the pipeline is invalid, see
            :func:`check_pipeline`.
    """

    folders: Mapping[str, str | Sequence[str]] = {}
    """Folder of the maps under the data root, or several, by task name. The first one with a map for an image wins."""
    image_folder = 'images'
    split_folder = 'gt_sets'
    image_suffixes: tuple[str, ...] = IMAGE_SUFFIXES
    map_suffixes: tuple[str, ...] = ('.npy', '.png')
    source = ''
    """How to get the data set. Shown in errors if it is missing."""

    def __init__(
        self,
        data_root: str | Path,
        split: str,
        tasks: Sequence[dict],
        folders: Mapping[str, str | Sequence[str]] | None = None,
        label_fraction: Mapping[str, float] | None = None,
        upright: bool = True,
        metainfo: Mapping | None = None,
        **kwargs,
    ) -> None:
        built = build_tasks(tasks)
        check_unsupported(kwargs, overridden_methods(type(self)))
        check_settings(split, upright, {} if label_fraction is None else label_fraction, built.keys())
        check_folders({} if folders is None else folders, built.keys(), type(self).folders.keys())
        self.split = split
        self.upright = upright
        self.tasks = plain_settings(list(tasks))
        self.folders = {**type(self).folders, **(folders or {})}
        self.label_fraction = dict(label_fraction or {})
        from_tasks = {**class_metainfo(built.values()), 'tasks': without_encoding(self.tasks)}
        metainfo = {} if metainfo is None else metainfo
        check_metainfo(metainfo, from_tasks)
        super().__init__(data_root=str(data_root), metainfo={**metainfo, **from_tasks}, **kwargs)

    @property
    def pipeline(self) -> Callable[[dict], dict | None]:
        """The transforms. Setting them checks them; see :func:`check_pipeline`."""
        return self._pipeline

    @pipeline.setter
    def pipeline(self, pipeline: Callable[[dict], dict | None]) -> None:
        check_pipeline(pipeline, self.test_mode)
        if not self.upright:
            check_image_loaders(pipeline)
        self._pipeline = pipeline

    def _get_unserialized_subset(self, indices: Sequence[int] | int) -> list:
        """Returns the entries of ``indices``, after a check of their range."""
        check_indices(indices, len(self.data_list))
        return super()._get_unserialized_subset(indices)

    def load_data_list(self) -> list[dict]:
        """Lists the samples: ``sample_id``, ``img_path`` and ``map_paths`` (path or None, by task name)."""
        root = Path(self.data_root)
        if not root.is_dir():
            raise MissingFileError(f'{root}: no such folder. {self.describe_layout()}')
        folder, images = self.image_files()
        ids = separate_ids(self.read_split(), images)
        if missing := [i for i in ids if i not in images]:
            raise MissingFileError(self.describe_missing(folder, missing, len(ids)))
        maps = {task['name']: self.task_files(task['name'], ids) for task in self.tasks}
        for name, files in maps.items():
            self.log_missing(name, [i for i in ids if i not in files], len(ids))
        for name, fraction in self.label_fraction.items():
            used = sample_ids(ids, fraction, name)
            maps[name] = {i: path for i, path in maps[name].items() if i in used}
        return [
            dict(sample_id=i, img_path=images[i], map_paths={name: files.get(i) for name, files in maps.items()})
            for i in ids
        ]

    def read_split(self) -> list[str]:
        """Reads the IDs of the split; see :func:`read_ids`."""
        folder = Path(self.data_root, self.split_folder)
        if path := find_file(folder, self.split, ('.txt',)):
            return read_ids(path)
        raise MissingFileError(
            f'{folder / self.split}.txt: no such list of image IDs for split "{self.split}". {self.describe_layout()}'
        )

    def image_files(self) -> tuple[Path, dict[str, str]]:
        """Returns the folder of the images, and the images by ID."""
        (folder,) = self.existing_folders(self.image_folder, 'the images')
        return folder, files_by_id(folder, self.image_suffixes)

    def describe_missing(self, folder: Path, ids: Sequence[str], total: int) -> str:
        """Describes which IDs have no image, and suggests a similar file for the first one."""
        first = ids[0]
        similar = similar_file((first, PurePath(first).stem, first.split()[0]), folder)
        return (
            f'{folder}: no image for {len(ids)} of the {total} IDs of split "{self.split}", {first} the first'
            f'{f" (do you mean {similar}?)" if similar else ""}; list one ID per line, the name of an image '
            f'without suffix ({", ".join(self.image_suffixes)}), or restore the images'
        )

    def log_missing(self, name: str, ids: Sequence[str], total: int) -> None:
        """Warns of images without a map for a task.

        Args:
            name: Name of the task.
            ids: IDs of the images without a map. If there are none, nothing is logged.
            total: Number of images.
        """
        if not ids:
            return
        folders = [Path(self.data_root, folder) for folder in as_names(self.folders.get(name, ()))]
        similar = [folder / file for folder in folders if folder.is_dir() and (file := similar_file(ids, folder))]
        suffixes = ' or '.join(self.map_suffixes)
        print_log(
            f'{self.data_root}, task "{name}": {total - len(ids)} of the {total} images of split "{self.split}" have a '
            f'map ({suffixes}); the task is void in the others, {ids[0]} the first'
            f'{f". Is {similar[0]} meant to be one? Its case or suffix differs" if similar else ""}',
            'current',
            logging.WARNING,
        )

    def task_files(self, name: str, ids: Sequence[str]) -> dict[str, str]:
        """Returns the maps of a task by ID. Override it for other layouts.

        Raises:
            DataError: The task has no folder, or no map for any of the IDs.
            MissingFileError: None of its folders exists.
        """
        if name not in self.folders:
            raise DataError(
                f'{type(self).__name__} knows no folder for task "{name}", only for '
                f'{", ".join(self.folders) or "none"}; '
                f'add folders=dict({name}=...) to the data set, or remove the task from the config'
            )
        folders = self.existing_folders(self.folders[name], f'the maps of task "{name}"')
        files = {}
        for folder in reversed(folders):
            files.update(files_by_id(folder, self.map_suffixes))
        if not any(i in files for i in ids):
            raise DataError(
                f'{" or ".join(map(str, folders))}: no {" or ".join(self.map_suffixes)} file of task "{name}" for any '
                f'image of split "{self.split}"; the names have to be those of the images, such as '
                f'{ids[0]}{self.map_suffixes[-1]}, but the folder has {describe_files(folders)}'
            )
        return files

    def existing_folders(self, names: str | Sequence[str], content: str) -> list[Path]:
        """Returns the existing ones among folders of the data root.

        Args:
            names: The folders, relative to the data root.
            content: What they contain, for the message.

        Raises:
            MissingFileError: None exists.
        """
        wanted = [Path(self.data_root, name) for name in as_names(names)]
        if folders := [folder for folder in wanted if folder.is_dir()]:
            return folders
        raise MissingFileError(
            f'{" or ".join(map(str, wanted))}: no such folder, where {content} should be. {self.describe_layout()}'
        )

    def describe_layout(self) -> str:
        """Describes the expected content of the data root, and how to get it."""
        suffixes = ','.join(self.map_suffixes)
        maps = [
            ' or '.join(f'{folder}/ID{{{suffixes}}}' for folder in as_names(folders)) + f' ({task})'
            for task, folders in self.folders.items()
        ]
        images = f'{self.image_folder}/ID{{{",".join(self.image_suffixes[:2])}}}'  # the most common ones
        layout = ', '.join([images, *maps, f'{self.split_folder}/{self.split}.txt'])
        return f'{type(self).__name__} expects in {self.data_root}: {layout}. {self.source}'

    def get_data_info(self, idx: int) -> dict:
        """Returns the entry of a sample, with the keys ``tasks``, ``readers`` and ``upright`` added."""
        return {**super().get_data_info(idx), 'tasks': self.tasks, 'readers': self.readers, 'upright': self.upright}

    @property
    def readers(self) -> dict[str, Callable[[str], np.ndarray]]:
        """Functions that read the maps of special formats, from path to array, by task name. They must be picklable."""
        return {}


def overridden_methods(cls: type[MultiTaskDataset]) -> set[str]:
    """Returns the names of the attributes that a subclass overrides."""
    subclasses = cls.__mro__[: cls.__mro__.index(MultiTaskDataset)]
    return {name for subclass in subclasses for name in vars(subclass)}


def sample_ids(ids: Sequence[str], fraction: float, seed: str) -> set[str]:
    """Samples a fraction of the IDs, always the same ones. A smaller fraction gives a subset of a larger one."""
    shuffled = sorted(ids, key=lambda i: sha256(f'{seed} {i}'.encode()).digest())
    return set(shuffled[: round(fraction * len(ids))])


def describe_files(folders: Iterable[Path]) -> str:
    """Describes the files of folders: their number and the first name."""
    files = sorted(file.name for folder in folders for file in folder.iterdir())
    return f'{len(files)} files, {files[0]} the first' if files else 'no files'


def class_metainfo(tasks: Iterable[Task]) -> dict:
    """Returns the metainfo ``classes`` and ``palette`` of the first task with classes; empty without such a task."""
    for task in tasks:
        if task.classes:
            return dict(classes=task.classes, palette=task.palette.tolist())
    return {}
