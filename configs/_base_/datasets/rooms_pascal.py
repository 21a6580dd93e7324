# Rendered rooms (tools/dataset_converters/make_rooms.py --layout pascal) in PASCAL-Context's layout, at 96x128.
_base_ = './pascal_context.py'
data_root = 'data/rooms_pascal'

# averaged over the classes that occur in Rooms
classes = ['background', 'chair', 'diningtable', 'person', 'sofa', 'tvmonitor']
tasks = [
    dict(_base_.semseg, metrics=[dict(type='MeanIoU', classes=classes)]),
    _base_.human_parts,
    _base_.saliency,
    _base_.normals,
    _base_.edge,
]

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadTaskMaps'),
    dict(type='MultiTaskRandomFlip', prob=0.5),
    dict(type='MultiTaskRandomRotateScale', angles=(-20, 20), scales=(0.75, 1.25)),
    dict(type='MultiTaskResize', scale=(128, 96)),
    dict(type='PackMultiTaskInputs'),
]
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='MultiTaskResize', scale=(128, 96)),
    dict(type='LoadTaskMaps'),
    dict(type='PackMultiTaskInputs'),
]

train_dataloader = dict(batch_size=4, dataset=dict(data_root=data_root, tasks=tasks, pipeline=train_pipeline))
val_dataloader = dict(batch_size=8, dataset=dict(data_root=data_root, tasks=tasks, pipeline=test_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(baseline=dict(data_root=data_root, tasks=tasks))
test_evaluator = val_evaluator
