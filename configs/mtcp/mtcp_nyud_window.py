"""MT-CP on NYUD-v2 with the attention of CFM in windows of 16x16 positions, 64x64 pixels. Weights of mtcp_nyud fit."""

_base_ = '../mtcp_nyud.py'
coherence_fusion = dict(_base_.coherence_fusion, merge='window', window_size=16)
model = dict(neck=[_base_.task_decoders, coherence_fusion, _base_.spatial_refinement])
