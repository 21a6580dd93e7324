"""MT-CP on NYUD-v2 with keys and values of CFM averaged over 4x4 positions. Weights of mtcp_nyud fit."""

_base_ = '../mtcp_nyud.py'
coherence_fusion = dict(_base_.coherence_fusion, kv_stride=4)
model = dict(neck=[_base_.task_decoders, coherence_fusion, _base_.spatial_refinement])
