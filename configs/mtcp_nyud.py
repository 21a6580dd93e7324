"""MT-CP on NYUD-v2 with the paper's recipe: three tasks, 480x640, batch 2, 100 epochs.

The paper starts from a Mask2Former (Swin-S) trained on ADE20K; without ``load_from`` everything starts from scratch.
``load_from`` takes checkpoints with this project's names of tensors; those of MMSegmentation and Hugging Face
need renaming.
"""

_base_ = [
    './_base_/models/mtcp_swin_s.py',
    './_base_/datasets/nyud.py',
    './_base_/schedules/adamw_100e.py',
    './_base_/default_runtime.py',
]
model = dict(tasks=_base_.tasks)
custom_hooks = [*_base_.custom_hooks, dict(type='LossPrioritizationHook', mode='lps', kappa=2.5)]
