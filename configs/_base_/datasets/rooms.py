# Rendered rooms (tools/dataset_converters/make_rooms.py) in NYUD's layout, at their own size of 120x160.
_base_ = './nyud.py'
data_root = 'data/rooms'

# fmt: off
classes = [
    'wall', 'floor', 'cabinet', 'bed', 'chair', 'sofa', 'table', 'door', 'window', 'bookshelf', 'picture', 'pillow',
    'floor mat', 'ceiling', 'television', 'person', 'lamp',
]
# fmt: on
tasks = [
    dict(
        type='ClassMap',
        name='semseg',
        field='sem_seg',
        classes='nyud40',
        label_offset=1,
        # the mean is over the classes that Rooms has
        metrics=[dict(type='MeanIoU', classes=classes)],
    ),
    dict(type='DepthMap', name='depth', field='depth_map', mean=2.86),
    dict(type='SurfaceNormals', name='normals'),
]

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadTaskMaps'),
    dict(type='MultiTaskZoom', factors=(1.0, 1.2, 1.5)),
    dict(type='MultiTaskFlip', prob=0.5),
    dict(type='MultiTaskResize', scale=(160, 120)),
    dict(type='PackMultiTaskInputs'),
]
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='MultiTaskResize', scale=(160, 120)),
    dict(type='LoadTaskMaps'),
    dict(type='PackMultiTaskInputs'),
]

train_dataloader = dict(batch_size=8, dataset=dict(data_root=data_root, tasks=tasks, pipeline=train_pipeline))
val_dataloader = dict(batch_size=8, dataset=dict(data_root=data_root, tasks=tasks, pipeline=test_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(baseline=dict(data_root=data_root, tasks=tasks))
test_evaluator = val_evaluator
