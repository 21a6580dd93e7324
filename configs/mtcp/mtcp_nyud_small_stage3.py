"""Epochs 28 to 35 of 40, after mtcp_nyud_small_stage2.py: smoothed labels and rotated images."""

_base_ = './mtcp_nyud_small_stage2.py'
load_from = './work_dirs/mtcp_nyud_small_stage2/epoch_7.pth'

# By now the network knows the 795 images by heart. Smoothed labels and new views reduce overfitting.
semseg, depth, normals = _base_.tasks
tasks = [dict(semseg, loss=dict(type='PixelCrossEntropyLoss', label_smoothing=0.1)), depth, normals]
rotation = dict(type='MultiTaskRandomRotateScale', angles=(-10, 10), scales=(0.9, 1.5), pad_val=(127, 127, 127))
pipeline = [rotation if step['type'] == 'MultiTaskRandomZoom' else step for step in _base_.long_pipeline]
model = dict(tasks=tasks)
train_dataloader = dict(dataset=dict(tasks=tasks, pipeline=pipeline))
val_dataloader = dict(dataset=dict(tasks=tasks))
test_dataloader = val_dataloader
val_evaluator = dict(baseline=dict(tasks=tasks))
test_evaluator = val_evaluator

optim_wrapper = dict(optimizer=dict(lr=1.3e-3))
max_epochs = 8
# The schedule ends early, at the rate with which mtcp_nyud_small_stage4.py starts.
param_scheduler = [_base_.warm_up, dict(_base_.param_scheduler[1], end=13)]
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
