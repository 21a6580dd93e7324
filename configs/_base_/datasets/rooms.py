# Rendered rooms (tools/dataset_converters/make_rooms.py) in NYUD's layout, at 96x128.
_base_ = './nyud.py'
data_root = 'data/rooms'

# fmt: off
classes = [
    'wall', 'floor', 'cabinet', 'bed', 'chair', 'sofa', 'table', 'door', 'window', 'bookshelf', 'picture', 'pillow',
    'floor mat', 'ceiling', 'television', 'person', 'lamp',
]
# fmt: on
semseg, depth, normals = _base_.tasks
tasks = [
    # averaged over the classes that occur in Rooms
    dict(semseg, metrics=[dict(type='MeanIoU', classes=classes)]),
    # mean depth of the 400 training rooms of tools/demo.sh
    dict(depth, mean=3.23),
    normals,
]

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadTaskMaps'),
    dict(type='MultiTaskRandomZoom', factors=(1.0, 1.2, 1.5)),
    dict(type='MultiTaskRandomFlip', prob=0.5),
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
