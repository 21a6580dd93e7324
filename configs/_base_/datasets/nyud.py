# NYUD-v2 with three tasks at 480x640, with the batch size and augmentation of the paper and protocol `mti`.
_base_ = './loaders.py'
dataset_type = 'NYUDMultiTask'
data_root = 'data/nyud'

tasks = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes='nyud40', label_offset=1),
    # mean depth of all valid pixels of the 795 training images (at 213x280, 47.4 million pixels)
    dict(type='DepthMap', name='depth', field='depth_map', mean=2.86),
    dict(type='SurfaceNormals', name='normals'),
]

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadTaskMaps'),
    dict(type='MultiTaskRandomZoom', factors=(1.0, 1.2, 1.5)),
    dict(type='MultiTaskRandomFlip', prob=0.5),
    dict(type='MultiTaskResize', scale=(640, 480)),
    dict(type='PackMultiTaskInputs'),
]
# maps are loaded after resizing the image, so that predictions are scored at the size of the labels
test_pipeline = [
    dict(type='LoadImage'),
    dict(type='MultiTaskResize', scale=(640, 480)),
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
