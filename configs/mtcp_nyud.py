"""MT-CP on NYUD-v2 with the paper's recipe: three tasks, 480x640, batch 2, 100 epochs.

By default, the network trains from scratch. The paper starts from a Mask2Former (Swin-S) trained on ADE20K. Two public
checkpoints have such a network:

- Hugging Face (used in the paper): ``facebook/mask2former-swin-small-ade-semantic``, a folder with
  ``model.safetensors`` or ``pytorch_model.bin``
- MMSegmentation's model zoo: ``mask2former_swin-s_8xb2-160k_ade20k-512x512_20221204_143905-e715144e.pth``

``python tools/model_converters/mask2former.py SRC OUT`` converts either; then set ``load_from = OUT``. See
``docs/checkpoints.md``. Both were trained with the mean and standard deviation of this config.
"""

_base_ = [
    './_base_/models/mtcp_swin_s.py',
    './_base_/datasets/nyud.py',
    './_base_/schedules/adamw_100e.py',
    './_base_/default_runtime.py',
]
model = dict(tasks=_base_.tasks)
custom_hooks = [*_base_.custom_hooks, dict(type='LossPrioritizationHook', kappa=2.5)]
