# NYUD-v2 at 192x256, to train small networks on two CPU cores.
_base_ = './nyud.py'

semseg, depth, normals = _base_.tasks
tasks = [
    semseg,
    depth,
    # a sum over the three channels: as a mean, this loss would be by far the smallest and be learned last
    dict(normals, loss=dict(type='NormalsL1Loss', loss_weight=3.0)),
]

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadTaskMaps'),
    dict(type='MultiTaskRandomZoom', factors=(1.0, 1.2, 1.5)),
    dict(type='MultiTaskRandomFlip', prob=0.5),
    dict(type='MultiTaskResize', scale=(256, 192)),
    dict(type='PackMultiTaskInputs'),
]
# To reduce overfitting to the 795 images in long schedules, colours are augmented too.
long_pipeline = [*train_pipeline[:-2], dict(type='PhotoMetricDistortion'), *train_pipeline[-2:]]
# For the end of training: zoomed images look nearer, so the network predicts slightly too small depths.
last_pipeline = [step for step in long_pipeline if step['type'] != 'MultiTaskRandomZoom']
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='MultiTaskResize', scale=(256, 192)),
    dict(type='LoadTaskMaps'),
    dict(type='PackMultiTaskInputs'),
]

train_dataloader = dict(batch_size=8, dataset=dict(tasks=tasks, pipeline=train_pipeline))
val_dataloader = dict(batch_size=8, dataset=dict(tasks=tasks, pipeline=test_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(baseline=dict(tasks=tasks))
test_evaluator = val_evaluator
