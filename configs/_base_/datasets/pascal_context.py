# PASCAL-Context with three tasks at 512x512, with the augmentation of the paper and protocol `mti`.
_base_ = './loaders.py'
dataset_type = 'PascalContextMultiTask'
data_root = 'data/pascal_context'

semseg = dict(type='ClassMap', name='semseg', field='sem_seg', classes='pascal21')
human_parts = dict(type='ClassMap', name='human_parts', classes='pascal_parts')
saliency = dict(type='BinaryMap', name='saliency', yes_value=255)  # grey values: above half is salient
normals = dict(type='SurfaceNormals', name='normals')
edge = dict(
    type='BinaryMap',
    name='edge',
    field='edge_map',
    loss=dict(type='BalancedBCELoss', positive_weight=0.95),
    metrics=[dict(type='BoundaryF', tolerance=0.0075, workers=4)],
)
tasks = [semseg, human_parts, saliency]

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadTaskMaps'),
    dict(type='MultiTaskRandomFlip', prob=0.5),
    dict(type='MultiTaskRandomRotateScale', angles=(-20, 20), scales=(0.75, 1.25)),
    dict(type='MultiTaskResize', scale=(512, 512)),
    dict(type='PackMultiTaskInputs'),
]
# maps are loaded after resizing the image, so that predictions are scored at the size of the labels
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='MultiTaskResize', scale=(512, 512)),
    dict(type='LoadTaskMaps'),
    dict(type='PackMultiTaskInputs'),
]

train_dataset = dict(type=dataset_type, data_root=data_root, split='train', tasks=tasks)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline, **train_dataset))
val_dataloader = dict(
    dataset=dict(
        type=dataset_type, data_root=data_root, split='val', tasks=tasks, pipeline=test_pipeline, test_mode=True
    )
)
test_dataloader = val_dataloader

# the constant baseline is fitted to the training maps
val_evaluator = dict(baseline=train_dataset)
test_evaluator = val_evaluator
