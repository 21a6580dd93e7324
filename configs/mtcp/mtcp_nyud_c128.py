"""MT-CP on NYUD-v2 with 128 channels in the task decoders, CFM, SRM and heads. Weights of its backbone still fit."""

_base_ = '../mtcp_nyud.py'
channels, pyramid_channels = 128, (128, 256, 512)
model = dict(
    neck=[
        dict(_base_.task_decoders, channels=pyramid_channels, out_channels=channels),
        dict(_base_.coherence_fusion, channels=channels),
        dict(_base_.spatial_refinement, channels=channels, pyramid_channels=pyramid_channels),
    ],
    decode_head=dict(in_channels=channels, channels=channels),
)
