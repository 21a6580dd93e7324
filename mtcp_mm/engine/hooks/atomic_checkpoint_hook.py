from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mtcp_mm.engine.checkpoint import AtomicLocalBackend


@HOOKS.register_module()
class AtomicCheckpointHook(CheckpointHook):
    """Saves checkpoints so that at each moment the latest one is whole.

    Files are written by :class:`AtomicLocalBackend`, and old ones removed after a new one is there (MMEngine does so
    before).

    Args:
        max_keep_ckpts: How many checkpoints are kept, those of ``save_best`` apart; -1 for all.
        backend_args: Where checkpoints go; see MMEngine's file backends.
        **kwargs: See :class:`mmengine.hooks.CheckpointHook`.
    """

    def __init__(self, max_keep_ckpts: int = -1, backend_args: dict | None = None, **kwargs) -> None:
        # The parent would remove before it saves.
        super().__init__(max_keep_ckpts=-1, backend_args=backend_args or dict(backend='atomic'), **kwargs)
        self.keep_limit = max_keep_ckpts

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        """Saves one checkpoint, then names it in ``last_checkpoint``, then removes outdated ones.

        The list of kept ones is saved with those that are about to go: should the run end before, a resumed one
        removes them.
        """
        known = runner.message_hub.runtime_info.get('keep_ckpt_ids', [])
        kept = [old for old in known if old != step] + [step]
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
        if self.keep_limit > 0:
            for old in kept[: -self.keep_limit]:
                self._remove(self.file_backend.join_path(self.out_dir, self.filename_tmpl.format(old)))
            runner.message_hub.update_info('keep_ckpt_ids', kept[-self.keep_limit :])

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        """Saves the best checkpoint so far if there is a new one, and then removes the one before."""
        if not self.save_best:
            return
        before = self._swap_best({})  # of what it does not know the parent removes nothing
        super()._save_best_checkpoint(runner, metrics)
        after = self._swap_best({})
        self._swap_best(before | {key: path for key, path in after.items() if path})
        for key, path in before.items():
            if path and after.get(key) not in (None, path):
                self._remove(path)

    def _swap_best(self, paths: dict[str, str | None]) -> dict[str, str | None]:
        """Sets the paths of the best checkpoints by metric (a single metric is called ''), and returns those before."""
        if len(self.key_indicators) == 1:
            before = {'': self.best_ckpt_path}
            self.best_ckpt_path = paths.get('')
        else:
            before = self.best_ckpt_path_dict
            self.best_ckpt_path_dict = dict.fromkeys(self.key_indicators) | paths
        return before

    def _remove(self, path: str) -> None:
        """Removes a checkpoint, if it is there."""
        if is_main_process() and self.file_backend.isfile(path):
            self.file_backend.remove(path)
