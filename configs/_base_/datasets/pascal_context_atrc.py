# PASCAL-Context with protocol `atrc` (ATRC, InvPT, MLoRE): training crops and padded test images have the same size.
_base_ = './pascal_context.py'
canvas = (512, 512)  # height, width; the model's data preprocessor pads to it

train_pipeline = [
    dict(type='LoadImage'),
    dict(type='LoadTaskMaps'),
    dict(type='MultiTaskRandomScale', scales=(0.5, 2.0)),
    dict(type='MultiTaskRandomCrop', size=canvas, cat_max_ratio=0.75),
    dict(type='MultiTaskRandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackMultiTaskInputs'),
]
test_pipeline = [dict(type='LoadImage'), dict(type='LoadTaskMaps'), dict(type='PackMultiTaskInputs')]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(protocol='atrc')
test_evaluator = val_evaluator
