import random

import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mtcp_mm.utils import ConfigError


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Seeds all random generators before each epoch, so that a resumed training repeats an uninterrupted one.

    MMEngine saves no random state, and gives DataLoader workers the same seeds in each epoch. This hook seeds the
    generators of Python, NumPy and torch from the config's seed, the epoch, the iteration and the rank. Workers start
    anew in each epoch and are seeded from torch's generator, so no state has to be saved. An iteration-based training
    is seeded when it starts and when it is resumed.

    The config sets ``randomness=dict(seed=...)``: the sampler shuffles by this seed and the epoch.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Leaves the seeding of workers to torch.

        Raises:
            ConfigError: The DataLoader has persistent workers.
        """
        loader = runner.train_dataloader
        if loader.persistent_workers:
            raise ConfigError(
                'EpochSeedHook: persistent workers carry random states from epoch to epoch, which a resumed training '
                'cannot repeat; set persistent_workers=False in train_dataloader'
            )
        # torch seeds workers itself; MMEngine's function would give them the same seeds in each epoch.
        loader.worker_init_fn = None

    def before_train_epoch(self, runner: Runner) -> None:
        """Seeds the generators."""
        entropy = (runner.seed, runner.epoch, runner.iter, runner.rank)
        seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
