# Data loaders and evaluators for all data sets. The file of each data set adds tasks and pipelines.
train_dataloader = dict(
    batch_size=2,
    num_workers=2,
    persistent_workers=False,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
)
test_dataloader = val_dataloader

val_evaluator = dict(type='MultiTaskMetric', protocol='mti')
test_evaluator = val_evaluator
