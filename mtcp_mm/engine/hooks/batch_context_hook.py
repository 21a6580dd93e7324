from collections.abc import Mapping, Sequence

from mmengine.hooks import Hook
from mmengine.hooks.hook import DATA_BATCH
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS


@HOOKS.register_module()
class BatchContextHook(Hook):
    """Passes the iteration and the files of each batch to the model's ``loss_weighting``, for its error messages.

    Without effect on a model without ``loss_weighting``.
    """

    priority = 'NORMAL'

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: DATA_BATCH = None) -> None:
        """Passes on the description of the next batch."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        if getattr(model, 'loss_weighting', None) is not None:
            files = ', '.join(batch_files(data_batch)) or 'unknown'
            model.loss_weighting.context = f'epoch {runner.epoch + 1}, iteration {runner.iter + 1}, files: {files}'


def batch_files(data_batch: DATA_BATCH) -> Sequence[str]:
    """Returns the image files (``img_path``) of a batch; none if it has no data samples."""
    samples = data_batch.get('data_samples', ()) if isinstance(data_batch, Mapping) else ()
    return [str(getattr(sample, 'img_path', 'unknown')) for sample in samples]
