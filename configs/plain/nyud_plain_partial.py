"""The plain network on NYUD-v2, trained on a random half of the depth maps and of the normals."""

_base_ = './nyud_plain.py'
label_fraction = dict(depth=0.5, normals=0.5)
train_dataloader = dict(dataset=dict(label_fraction=label_fraction))
val_evaluator = dict(baseline=dict(label_fraction=label_fraction))
test_evaluator = val_evaluator
