"""MT-CP on NYUD-v2 with linear attention in CFM. Weights of mtcp_nyud fit."""

_base_ = '../mtcp_nyud.py'
coherence_fusion = dict(_base_.coherence_fusion, merge='linear')
model = dict(neck=[_base_.task_decoders, coherence_fusion, _base_.spatial_refinement])
