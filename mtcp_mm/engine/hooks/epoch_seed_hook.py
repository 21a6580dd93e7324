import random

import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mtcp_mm.utils import ConfigError


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Seeds all random generators anew before each epoch, so that a resumed training repeats an unbroken one.

    MMEngine saves no random state, and seeds the workers that load data alike in each epoch. Here the generators of
    Python, NumPy and torch are seeded from the config's seed, the epoch, the iteration and the rank; and the workers,
    which start anew each epoch, from torch's generator. So nothing needs to be saved. In an iteration-based training,
    this happens where it begins and where it is resumed.

    The config sets ``randomness=dict(seed=...)``: the sampler shuffles by this seed and the epoch.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Leaves the seeding of workers to torch.

        Raises:
            ConfigError: Workers outlive an epoch.
        """
        loader = runner.train_dataloader
        if loader.persistent_workers:
            raise ConfigError(
                'EpochSeedHook: persistent workers carry random states from epoch to epoch, which a resumed training '
                'cannot repeat; set persistent_workers=False in train_dataloader'
            )
        # MMEngine's function would overwrite, in each epoch alike, what torch does by itself.
        loader.worker_init_fn = None

    def before_train_epoch(self, runner: Runner) -> None:
        """Seeds the generators."""
        entropy = (runner.seed, runner.epoch, runner.iter, runner.rank)
        seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
