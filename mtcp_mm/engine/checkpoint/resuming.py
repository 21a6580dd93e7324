import logging
import os
import re
from pathlib import Path

from mmengine.logging import print_log

from .loading import load_checkpoint_file
from .structure import CheckpointError, check_training


def find_resume_checkpoint(work_dir: str | Path) -> str | None:
    """Finds the checkpoint from which to resume an interrupted training.

    This is the one that ``last_checkpoint`` names. If it does not load, a warning is logged, and the newest of
    ``epoch_*.pth`` and ``iter_*.pth`` beside it that loads is taken.

    Args:
        work_dir: Work directory of the training.

    Returns:
        Path of the checkpoint; None if the training has not saved any yet.

    Raises:
        CheckpointError: There are checkpoints, but none of them loads.
    """
    candidates = resume_candidates(Path(work_dir))
    for path in candidates:
        try:
            check_resumable(path)
        except CheckpointError as error:
            print_log(f'This checkpoint cannot be resumed; trying an older one: {error}', 'current', logging.WARNING)
        else:
            return str(path)
    if candidates:
        raise CheckpointError(
            f'None of the {len(candidates)} checkpoints in {work_dir} can be loaded (the newest: {candidates[0]}). '
            'Start without --resume, in another work directory'
        )
    return None


def resume_candidates(work_dir: Path) -> list[Path]:
    """Returns the existing checkpoints of a training, in the order in which to try them."""
    record = work_dir / 'last_checkpoint'
    text = record.read_text(encoding='utf-8', errors='replace').strip() if record.is_file() else ''
    named = [Path(text)] if text else []
    numbered = {
        path: int(match[1])
        for folder in {work_dir, *(path.parent for path in named)}
        if os.path.isdir(folder)  # unlike pathlib, takes any text that a damaged file may hold
        for path in folder.glob('*.pth')
        if (match := re.fullmatch(r'(?:epoch|iter)_(\d+)', path.stem))
    }
    ordered = [*named, *sorted(numbered, key=numbered.get, reverse=True)]
    return [path for path in dict.fromkeys(ordered) if os.path.isfile(path)]


def check_resumable(path: Path) -> None:
    """Reads a checkpoint and checks that it can be resumed.

    Raises:
        CheckpointError: It is damaged, or lacks something that resuming needs.
    """
    check_training(load_checkpoint_file(path), path)
