import hashlib
import pickle
from pathlib import Path

from mmengine.dist import is_main_process, master_only
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner, save_checkpoint
from mmengine.runner.checkpoint import _load_checkpoint
from mmseg.registry import HOOKS

from mtcp_mm.engine.checkpoint import AtomicLocalBackend, safe_loading


@HOOKS.register_module()
class AtomicCheckpointHook(CheckpointHook):
    """Saves checkpoints so that the latest one is complete at any moment.

    Local files are written by :class:`AtomicLocalBackend`, unless ``backend_args`` or ``file_client_args`` are
    set. Old checkpoints are removed after the new one is saved; MMEngine removes them before.

    Args:
        *args: See :class:`mmengine.hooks.CheckpointHook`, which it replaces in any config.
        **kwargs: Likewise.
    """

    def before_train(self, runner: Runner) -> None:
        """Chooses the backend that writes checkpoints."""
        if self.out_dir is not None:
            self.out_dir = str(self.out_dir)  # the parent accepts a Path by its annotation, but not in its code
        if not (self.backend_args or self.file_client_args or '://' in (self.out_dir or runner.work_dir)):
            self.backend_args = dict(backend='atomic')
        super().before_train(runner)

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        """Saves a checkpoint, names it in ``last_checkpoint``, and then removes outdated ones.

        The saved list of kept checkpoints still names those about to be removed: if the run ends before, a resumed run
        removes them.
        """
        known = runner.message_hub.runtime_info.get('keep_ckpt_ids', [])
        kept = [old for old in known if old != step] + [step]
        if self.max_keep_ckpts > 0:
            runner.message_hub.update_info('keep_ckpt_ids', kept)
        filename = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, filename)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            filename,
            self.file_client_args,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
            **self.args,
        )
        if is_main_process():
            AtomicLocalBackend().put_text(self.last_ckpt, Path(runner.work_dir, 'last_checkpoint'))
        if self.max_keep_ckpts > 0:
            for old in kept[: -self.max_keep_ckpts]:
                self._remove(self.file_backend.join_path(self.out_dir, self.filename_tmpl.format(old)))
            runner.message_hub.update_info('keep_ckpt_ids', kept[-self.max_keep_ckpts :])

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        """Saves a new best checkpoint, if there is one, and then removes the previous one."""
        if not self.save_best:
            return
        before = self._swap_best({})  # the parent removes only files that it knows
        super()._save_best_checkpoint(runner, metrics)
        after = self._swap_best({})
        self._swap_best(before | {key: path for key, path in after.items() if path})
        for key, path in before.items():
            if path and after.get(key) not in (None, path):
                self._remove(path)

    def _swap_best(self, paths: dict[str, str | None]) -> dict[str, str | None]:
        """Sets the paths of the best checkpoints by metric ('' for a single one), and returns the previous paths."""
        if len(self.key_indicators) == 1:
            before = {'': self.best_ckpt_path}
            self.best_ckpt_path = paths.get('')
        else:
            before = self.best_ckpt_path_dict
            self.best_ckpt_path_dict = dict.fromkeys(self.key_indicators) | paths
        return before

    def _remove(self, path: str) -> None:
        """Removes a checkpoint of this training, if it exists; DeepSpeed's are folders.

        A file outside the output folder stays: the path may come from a resumed checkpoint, which can name any file.
        """
        name = Path(path).name
        own = path == self.file_backend.join_path(self.out_dir, name) and name not in ('', '.', '..')
        if not (is_main_process() and own):
            return
        if self.file_backend.isfile(path):
            self.file_backend.remove(path)
        elif self.file_backend.isdir(path):
            self.file_backend.rmtree(path)

    @master_only
    def _publish_model(self, runner: Runner, ckpt_path: str) -> None:
        """Saves a copy of a checkpoint with the published keys alone and its checksum in the name."""
        with safe_loading():
            content = _load_checkpoint(ckpt_path)
        published = {key: value for key, value in content.items() if key in self.published_keys}
        digest = hashlib.sha256(pickle.dumps(published)).hexdigest()
        path = f'{ckpt_path.removesuffix(Path(ckpt_path).suffix)}-{digest[:8]}.pth'
        save_checkpoint(published, path, self.file_client_args, self.backend_args)
        runner.logger.info(f'The checkpoint ({ckpt_path}) is published to {path}, with {", ".join(published)}.')
