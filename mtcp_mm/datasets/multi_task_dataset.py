from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from mmengine.config import ConfigDict
from mmengine.dataset import BaseDataset

from mtcp_mm.tasks import Task, build_tasks


class MultiTaskDataset(BaseDataset):
    """Images with the maps of several tasks, one folder a task, and splits as lists of IDs.

    A new data set is a subclass that says where its files lie::

        @DATASETS.register_module()
        class MyDataset(MultiTaskDataset):
            folders = dict(semseg='labels', depth='depth')

    A file is found by its ID whatever its suffix; the first suffix that exists wins. An image may lack a task's map:
    the task is then void there.

    Args:
        data_root: The data set's folder.
        split: Name of the list of IDs, such as ``'train'``.
        tasks: The task list of the config. Its entries travel as plain dicts in ``metainfo['tasks']`` and in each
            sample's ``results['tasks']``.
        folders: Folders of tasks by name, merged over those of the class.
        metainfo: See :class:`mmengine.dataset.BaseDataset`; ``classes`` and ``palette`` are those of the first task
            that has classes.
        **kwargs: ``pipeline``, ``test_mode``, ``indices``, ``lazy_init``, ... of
            :class:`mmengine.dataset.BaseDataset`.

    Raises:
        FileNotFoundError: A folder, the split or an image is missing.
        ValueError: The split is empty, or a task has no folder, or no file in it for any image of the split.
    """

    folders: Mapping[str, str] = {}
    """Folder of each task's maps under the data root."""
    image_folder = 'images'
    split_folder = 'gt_sets'
    image_suffixes: tuple[str, ...] = ('.jpg', '.png')
    map_suffixes: tuple[str, ...] = ('.npy', '.png')
    source = ''
    """How to get the data set; ends the message where it is missing."""

    def __init__(
        self,
        data_root: str | Path,
        split: str,
        tasks: Sequence[dict],
        folders: Mapping[str, str] | None = None,
        metainfo: Mapping | None = None,
        **kwargs,
    ) -> None:
        self.split = split
        self.tasks = ConfigDict(tasks=list(tasks)).to_dict()['tasks']
        self.folders = {**type(self).folders, **(folders or {})}
        metainfo = {**class_metainfo(build_tasks(tasks).values()), **(metainfo or {}), 'tasks': self.tasks}
        super().__init__(data_root=str(data_root), metainfo=metainfo, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Lists the samples: ``sample_id``, ``img_path`` and ``map_paths`` (path or None by task name)."""
        root = Path(self.data_root)
        if not root.is_dir():
            raise FileNotFoundError(f'{root}: no such folder. {self.expectation()}')
        ids = self.read_split()
        images = files_by_id(self.existing_folder(self.image_folder, 'the images'), self.image_suffixes)
        if missing := [i for i in ids if i not in images]:
            raise FileNotFoundError(
                f'{root / self.image_folder}: no image for {len(missing)} of the {len(ids)} IDs of split '
                f'"{self.split}", {missing[0]} the first; restore the images or remove their IDs'
            )
        maps = {task['name']: self.task_files(task['name'], ids) for task in self.tasks}
        return [
            dict(sample_id=i, img_path=images[i], map_paths={name: files.get(i) for name, files in maps.items()})
            for i in ids
        ]

    def read_split(self) -> list[str]:
        """Reads the IDs of the split, one a line."""
        path = Path(self.data_root, self.split_folder, f'{self.split}.txt')
        if not path.is_file():
            raise FileNotFoundError(f'{path}: no such list of the images of split "{self.split}". {self.expectation()}')
        if ids := path.read_text().split():
            return ids
        raise ValueError(f'{path}: the split is empty; write one image ID a line')

    def task_files(self, name: str, ids: Sequence[str]) -> dict[str, str]:
        """Finds the files of a task's maps by ID; override for a layout of another kind."""
        if name not in self.folders:
            raise ValueError(
                f'{type(self).__name__} knows no folder for task "{name}", only for '
                f'{", ".join(self.folders) or "none"}; '
                f'add folders=dict({name}=...) to the data set or take the task out of the config'
            )
        folder = self.existing_folder(self.folders[name], f'the maps of task "{name}"')
        files = files_by_id(folder, self.map_suffixes)
        if not any(i in files for i in ids):
            raise ValueError(
                f'{folder}: no {" or ".join(self.map_suffixes)} file of task "{name}" for any image of split '
                f'"{self.split}"; files are named by the image\'s ID, such as {ids[0]}{self.map_suffixes[-1]}'
            )
        return files

    def existing_folder(self, name: str, holds: str) -> Path:
        """Returns a folder of the data root, which has to exist."""
        folder = Path(self.data_root, name)
        if not folder.is_dir():
            raise FileNotFoundError(f'{folder}: no such folder, where {holds} should lie. {self.expectation()}')
        return folder

    def expectation(self) -> str:
        """Says in words what the data root should hold, and how to get it."""
        maps = [f'{folder}/ID{{{",".join(self.map_suffixes)}}} ({task})' for task, folder in self.folders.items()]
        images = f'{self.image_folder}/ID{{{",".join(self.image_suffixes)}}}'
        layout = ', '.join([images, *maps, f'{self.split_folder}/{self.split}.txt'])
        return f'{type(self).__name__} expects in {self.data_root}: {layout}. {self.source}'

    def get_data_info(self, idx: int) -> dict:
        """Returns the idx-th sample's entry, the task list and the readers added."""
        return {**super().get_data_info(idx), 'tasks': self.tasks, 'readers': self.readers}

    @property
    def readers(self) -> dict[str, Callable[[str], np.ndarray]]:
        """What reads the files of a task by its name, for formats of the data set's own; must be picklable."""
        return {}


def files_by_id(folder: Path, suffixes: Sequence[str]) -> dict[str, str]:
    """Lists a folder's files by stem; of several files with one stem, that of the earliest suffix."""
    files = [path for path in folder.iterdir() if path.suffix in suffixes]
    files.sort(key=lambda path: suffixes.index(path.suffix), reverse=True)
    return {path.stem: str(path) for path in files}


def class_metainfo(tasks: Iterable[Task]) -> dict:
    """Returns ``classes`` and ``palette``, as MMSegmentation's parts look for them, of the first task with classes."""
    for task in tasks:
        if hasattr(task, 'classes'):
            return dict(classes=task.classes, palette=task.palette.tolist())
    return {}
