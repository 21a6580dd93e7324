"""Epochs 28 to 35 of 40, after mtcp_nyud_small_stage2.py: label smoothing and rotation."""

_base_ = './mtcp_nyud_small_stage2.py'
load_from = './work_dirs/mtcp_nyud_small_stage2/epoch_7.pth'

# To reduce overfitting: label smoothing, and rotation instead of zoom.
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
# Training ends before the schedule does, at the initial rate of mtcp_nyud_small_stage4.py.
param_scheduler = [_base_.warm_up, dict(_base_.param_scheduler[1], end=13)]
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
